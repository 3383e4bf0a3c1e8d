//! The function that a request names.

use std::sync::Arc;

use crate::app::App;
use crate::app::refusal::Refusal;
use crate::functions::name::Target;
use crate::registry::Deployed;

/// The function that is meant, whatever its state.
pub(super) fn known(app: &App, target: &Target) -> Result<Arc<Deployed>, Refusal> {
    app.registry.get(&target.function).ok_or_else(|| Refusal::unknown(target))
}
