//! Ctrl-C, for commands that have something to tidy up.

use std::task::Poll;

use tokio::sync::watch;

/// Whether Ctrl-C was pressed.
#[derive(Clone)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on; the process no longer ends by itself.
    pub(crate) async fn listen() -> Self {
        let (pressed, receiver) = watch::channel(false);
        let mut signal = Box::pin(tokio::signal::ctrl_c());
        // The first poll begins to listen: nothing may be taken in hand before.
        let first = futures::poll!(&mut signal);
        tokio::spawn(async move {
            // Where signals cannot be listened to, Ctrl-C ends the process as ever.
            let signal = match first {
                Poll::Ready(signal) => signal,
                Poll::Pending => signal.await,
            };
            if signal.is_ok() {
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
