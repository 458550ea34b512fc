//! The operator's tool, `media-mirror`.

fn main() -> std::process::ExitCode {
    cli::run()
}
