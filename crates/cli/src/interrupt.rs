//! Ctrl-C, for commands that have something to tidy up.

use tokio::sync::watch;

/// Whether Ctrl-C was pressed.
#[derive(Clone)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on; the process no longer ends by itself.
    pub(crate) fn listen() -> Self {
        let (pressed, receiver) = watch::channel(false);
        tokio::spawn(async move {
            // Where signals cannot be listened to, Ctrl-C ends the process as ever.
            if tokio::signal::ctrl_c().await.is_ok() {
                pressed.send_replace(true);
                pressed.closed().await;
            }
        });
        Self(receiver)
    }

    /// Whether it was pressed.
    pub(crate) fn pressed(&self) -> bool {
        *self.0.borrow()
    }

    /// Runs something until it is done or Ctrl-C is pressed; then `None`.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut pressed = self.0.clone();
        tokio::select! {
            done = work => Some(done),
            Ok(_) = pressed.wait_for(|pressed| *pressed) => None,
        }
    }
}
