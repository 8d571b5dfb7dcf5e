//! Reads the functions that `template.yaml` defines: each handler and its environment variables.
//! Ignores the other resources of the template.

use std::collections::BTreeMap;

use yaml_serde::Value;

use crate::template::read_template;

/// The value that the template gives to an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableSource {
    /// A literal, or the default of the parameter it refers to.
    Text(String),
    /// The name, URL or ARN of a resource of the stack.
    Resource,
}

/// Environment variables by name.
pub type FunctionVariables = BTreeMap<String, VariableSource>;

/// Returns the environment of every function of the template, by its handler.
pub fn read_functions() -> BTreeMap<String, FunctionVariables> {
    let template = read_template();
    let globals = template.get("Globals").and_then(|it| it.get("Function"));
    let shared = globals.map(|it| variables(&template, it)).unwrap_or_default();
    let resources = template.get("Resources").and_then(Value::as_mapping).into_iter().flatten();
    let functions = resources.filter(|(_, resource)| {
        resource.get("Type").and_then(Value::as_str) == Some("AWS::Serverless::Function")
    });
    functions
        .filter_map(|(_, resource)| {
            let properties = resource.get("Properties")?;
            let handler = properties.get("Handler")?.as_str()?.to_owned();
            let mut all = shared.clone();
            all.extend(variables(&template, properties));
            Some((handler, all))
        })
        .collect()
}

fn variables(template: &Value, function: &Value) -> FunctionVariables {
    let environment = function.get("Environment").and_then(|it| it.get("Variables"));
    let entries = environment.and_then(Value::as_mapping).into_iter().flatten();
    let named = entries.filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value)));
    named.map(|(name, value)| (name, variable_source(template, value))).collect()
}

fn variable_source(template: &Value, value: &Value) -> VariableSource {
    if let Value::Tagged(tagged) = value {
        let parameter = (tagged.tag == "Ref").then(|| tagged.value.as_str()).flatten();
        let default =
            parameter.and_then(|name| template.get("Parameters")?.get(name)?.get("Default"));
        return default.map_or(VariableSource::Resource, |it| VariableSource::Text(scalar(it)));
    }
    VariableSource::Text(scalar(value))
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_its_variables_and_those_of_all() {
        let functions = read_functions();
        assert!(functions.len() >= 18, "{:?}", functions.keys());
        let watchdog = &functions["watchdog"];
        assert_eq!(watchdog["WORK_TABLE"], VariableSource::Resource);
        assert_eq!(watchdog["RUST_LOG"], VariableSource::Text("info".to_owned()));
        let campaigns = &functions["campaigns"];
        assert_eq!(campaigns["CURRENCY"], VariableSource::Text("EUR".to_owned()));
    }
}
