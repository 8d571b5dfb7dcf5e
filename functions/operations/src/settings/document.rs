//! The OpenAPI document of a setting's two routes: the same for each setting but for its name, its
//! texts and its schemas. The macro of utoipa cannot document a generic handler.

use std::sync::Arc;

use axum::routing::MethodRouter;
use http_edge::{Problem, openapi::JWT};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, Header, HttpMethod, Paths, Ref, RefOr, Required, ResponseBuilder,
        ResponsesBuilder, Schema, SecurityRequirement,
        path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
    },
};

use super::TenantSetting;
use crate::OperationsContext;

const TAG: &str = "operations";

/// The document's entry for an operation.
pub struct OperationText {
    pub summary: &'static str,
    pub description: Option<&'static str>,
}

pub fn setting_path<T: TenantSetting>() -> String {
    format!("/v1/configuration/voucher-campaign/{}", T::RESOURCE)
}

/// The schemas, the paths and the (empty) handlers that a route adds to the document.
type DocumentedRoutes = (Vec<(String, RefOr<Schema>)>, Paths, MethodRouter<Arc<OperationsContext>>);

/// Builds the schemas and the paths of a setting's routes. The handlers, which are the third part
/// of the result, are empty: only the document is taken from it.
pub fn document_setting<T: TenantSetting>() -> DocumentedRoutes {
    let mut schemas = Vec::new();
    add_schemas::<T>(&mut schemas);
    add_schemas::<T::View>(&mut schemas);
    let path = setting_path::<T>();
    let mut paths = Paths::new();
    paths.add_path_operation(&path, vec![HttpMethod::Get], read_operation::<T>());
    paths.add_path_operation(&path, vec![HttpMethod::Put], replace_operation::<T>());
    (schemas, paths, MethodRouter::new())
}

fn add_schemas<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

fn read_operation<T: TenantSetting>() -> Operation {
    operation_base::<T>("read", T::READ_TEXT).build()
}

fn replace_operation<T: TenantSetting>() -> Operation {
    let version = ParameterBuilder::new()
        .name("If-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .schema(Some(String::schema()));
    let body = RequestBodyBuilder::new()
        .content("application/json", Content::new(Some(reference_to::<T>())))
        .required(Some(Required::True));
    operation_base::<T>("replace", T::REPLACE_TEXT)
        .parameter(version)
        .request_body(Some(body.build()))
        .build()
}

fn operation_base<T: TenantSetting>(verb: &str, text: OperationText) -> OperationBuilder {
    let answer = ResponseBuilder::new()
        .content("application/json", Content::new(Some(reference_to::<T::View>())))
        .header("ETag", Header::new(String::schema()));
    let responses =
        ResponsesBuilder::new().response("200", answer).responses_from_into_responses::<Problem>();
    OperationBuilder::new()
        .tag(TAG)
        .operation_id(Some(format!("{verb}_{}", T::RESOURCE.replace('-', "_"))))
        .summary(Some(text.summary))
        .description(text.description)
        .security(SecurityRequirement::new(JWT, Vec::<String>::new()))
        .responses(responses.build())
}

fn reference_to<T: ToSchema>() -> Ref {
    Ref::from_schema_name(T::name())
}
