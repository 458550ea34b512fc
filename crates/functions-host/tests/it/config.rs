//! What the host refuses to start.

use functions_host::ConfigError;
use serde_json::json;

use crate::app::App;

async fn problems(app: &mut App) -> String {
    let error = app.try_start().await.err().expect("it started");
    error
        .downcast_ref::<ConfigError>()
        .expect("no ConfigError")
        .problems
        .join("\n")
}

#[tokio::test]
async fn an_app_without_functions_is_not_started() {
    let mut app = App::new();
    std::fs::create_dir(app.path("empty-folder")).unwrap();
    assert!(problems(&mut app).await.contains("no functions found"));
    assert_eq!(app.recorded("start").len(), 0);
}

#[tokio::test]
async fn every_mistake_is_named_with_its_file() {
    let mut app = App::new();
    let queue = |name: &str, queue: &str| json!({"type": "queueTrigger", "direction": "in", "name": name, "queueName": queue});
    let out =
        |name: &str| json!({"type": "queue", "direction": "out", "name": name, "queueName": "out"});
    app.function("1st", json!([queue("q", "jobs")]))
        .function("Empty", json!([]))
        .function("Two", json!([queue("a", "jobs"), queue("b", "jobs")]))
        .function("None", json!([out("o")]))
        .function("Same", json!([queue("q", "jobs"), out("Q")]))
        .function("Name", json!([queue("in_queue", "jobs")]))
        .function("Queue", json!([queue("q", "In_Valid")]))
        .function("Unset", json!([queue("q", "%NOPE%")]))
        .function("Kind", json!([{"type": "blobTrigger", "direction": "in", "name": "b"}]))
        .function("When", json!([{"type": "timerTrigger", "direction": "in", "name": "t", "schedule": "daily"}]))
        .function("Far", json!([{"type": "queueTrigger", "name": "q", "queueName": "jobs", "connection": "Elsewhere"}]));
    app.host_json["version"] = json!("1.0");
    let problems = problems(&mut app).await;
    for part in [
        "host.json: version",
        "1st/function.json: '1st' is not a valid function name.",
        "Empty/function.json: At least one binding must be declared.",
        "Two/function.json: Multiple trigger bindings defined.",
        "None/function.json: No trigger binding specified.",
        "Same/function.json: Multiple bindings with name 'Q' discovered.",
        "Name/function.json: The binding name in_queue is invalid.",
        "Queue/function.json: \"in_valid\" is not a queue name",
        "Unset/function.json: '%NOPE%' does not resolve to a value",
        "Kind/function.json: the trigger \"blobtrigger\" is not reproduced",
        "When/function.json: the schedule expression \"daily\" was not recognized",
        "Far/function.json: no queue access was given for the connection \"Elsewhere\"",
    ] {
        assert!(problems.contains(part), "{part} is missing in\n{problems}");
    }
    assert_eq!(problems.lines().count(), 12, "{problems}");
}
