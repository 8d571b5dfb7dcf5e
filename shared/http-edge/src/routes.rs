//! Routes with their documentation beside them, as in `utoipa-axum`, except that the documentation
//! is built on demand. Building the schemas of all types would take most of a function's start-up,
//! and no function serves the result.

use axum::{
    Router,
    extract::Request,
    response::IntoResponse,
    routing::{MethodRouter, Route},
};
use std::convert::Infallible;
use tower_layer::Layer;
use tower_service::Service;
use utoipa::openapi::{Components, OpenApi, OpenApiBuilder, Paths, RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

type NamedSchemas = Vec<(String, RefOr<Schema>)>;
type DocumentBuilder = Box<dyn Fn() -> (NamedSchemas, Paths) + Send + Sync>;

/// One path with its handlers, as the macro [`routes!`](crate::routes) builds it.
pub struct RouteHandlers<S> {
    pub path: String,
    pub handlers: MethodRouter<S>,
    pub document: fn() -> UtoipaMethodRouter<S>,
}

/// Collects the handlers of one path, each with `#[utoipa::path]`: `routes!(drafts::list,
/// drafts::create)`. The calling crate needs `axum` and `utoipa` among its dependencies.
#[macro_export]
macro_rules! routes {
    ($first:path $(, $more:path)* $(,)?) => {
        $crate::routes::RouteHandlers {
            path: $crate::routes::utoipa_axum::paste! { $crate::routes::utoipa_axum::routes!(@path [path()] of $first) },
            handlers: $crate::routes!(@on (axum::routing::MethodRouter::new()) $first $(, $more)*),
            document: || $crate::routes::utoipa_axum::routes!($first $(, $more)*),
        }
    };
    (@on ($router:expr) $first:path $(, $more:path)*) => {
        $crate::routes!(@on (
            $crate::routes::utoipa_axum::paste! { $crate::routes::utoipa_axum::routes!(@path [methods()] of $first) }
                .iter()
                .fold($router, |router, method| {
                    router.on($crate::routes::utoipa_axum::PathItemExt::to_method_filter(method), $first)
                })
        ) $($more),*)
    };
    (@on ($router:expr)) => { $router };
}

#[doc(hidden)]
pub use utoipa_axum;

/// The routes of a function and, on demand, their OpenAPI document.
pub struct OpenApiRouter<S = ()> {
    router: Router<S>,
    documents: Vec<DocumentBuilder>,
}

impl<S: Clone + Send + Sync + 'static> OpenApiRouter<S> {
    pub fn new() -> Self {
        Self { router: Router::new(), documents: Vec::new() }
    }

    #[must_use]
    pub fn routes(mut self, RouteHandlers { path, handlers, document }: RouteHandlers<S>) -> Self {
        self.router = self.router.route(&path, handlers);
        self.documents.push(Box::new(move || {
            let (schemas, paths, _handlers) = document();
            (schemas, paths)
        }));
        self
    }

    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.documents.extend(other.documents);
        self
    }

    /// Wraps the routes added so far in `layer`, but not unknown paths.
    #[must_use]
    pub fn route_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.route_layer(layer);
        self
    }

    pub fn with_state<S2>(self, state: S) -> OpenApiRouter<S2> {
        OpenApiRouter { router: self.router.with_state(state), documents: self.documents }
    }

    /// Returns only the routes, to serve them.
    pub fn into_router(self) -> Router<S> {
        self.router
    }

    /// Builds only the document: the paths and the schemas that they use.
    pub fn into_openapi(self) -> OpenApi {
        let mut all = OpenApiBuilder::new().components(Some(Components::new())).build();
        for (schemas, paths) in self.documents.iter().map(|document| document()) {
            let mut part = OpenApiBuilder::new().paths(paths).build();
            let mut components = Components::new();
            components.schemas.extend(schemas);
            part.components = Some(components);
            all.merge(part);
        }
        all
    }
}

impl<S: Clone + Send + Sync + 'static> Default for OpenApiRouter<S> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use crate::OpenApiRouter;

    mod things {
        /// All of them.
        #[utoipa::path(get, path = "/v1/things", responses((status = 200, body = crate::Problem)))]
        pub async fn list() {}
        /// One more.
        #[utoipa::path(post, path = "/v1/things", responses((status = 201)))]
        pub async fn create() {}
        #[utoipa::path(delete, path = "/v1/things/{id}", responses((status = 204)))]
        pub async fn delete() {}
    }

    #[test]
    fn the_document_has_every_path_method_and_schema() {
        let first = OpenApiRouter::<()>::new().routes(crate::routes!(things::list, things::create));
        let router = first.merge(OpenApiRouter::new().routes(crate::routes!(things::delete)));
        let document = serde_json::to_value(router.into_openapi()).unwrap();
        assert_eq!(document["paths"]["/v1/things"]["get"]["summary"], "All of them.");
        assert_eq!(document["paths"]["/v1/things"]["post"]["summary"], "One more.");
        assert!(document["paths"]["/v1/things/{id}"]["delete"].is_object());
        assert!(document["components"]["schemas"]["Problem"].is_object());
    }
}
