//! Deliveries, and the node's agents who make them.

use crate::{Memory, NOW};
use nasd_api::*;

impl Memory {
    /// An agent that asks takes it.
    pub fn add_message(&self, message: Message) {
        self.state.lock().unwrap().messages.push(message);
    }

    /// What agents said came of deliveries: `None`, it arrived.
    pub fn reported(&self) -> Vec<(u64, Option<String>)> {
        self.state.lock().unwrap().reported.clone()
    }
}

impl Serve<ListDeliveries> for Memory {
    async fn serve(&self, call: Call<ListDeliveries>) -> Result<List<Delivery>, ApiError> {
        call.at.of(self.act(|state| Ok(state.deliveries.iter().rev().cloned().collect()))?)
    }
}

impl Serve<TakeDeliveries> for Memory {
    async fn serve(&self, call: Call<TakeDeliveries>) -> Result<List<Message>, ApiError> {
        self.act(|state| {
            let takes = |message: &mut Message| call.body.kinds.contains(&message.target.kind());
            Ok(state.messages.extract_if(.., takes).collect::<Vec<_>>().into())
        })
    }
}

impl Serve<ReportDelivery> for Memory {
    async fn serve(&self, call: Call<ReportDelivery>) -> Result<Nothing, ApiError> {
        let (DeliveryAt { id }, ReportDelivery { failure }) = (call.at, call.body);
        self.act(|state| {
            if let Some(delivery) = state.deliveries.iter_mut().find(|delivery| delivery.id == id) {
                let arrived = failure.is_none();
                delivery.state = if arrived { DeliveryState::Delivered } else { DeliveryState::Waiting };
                delivery.ended = arrived.then_some(NOW);
                delivery.failure.clone_from(&failure);
            }
            state.reported.push((id, failure));
            Ok(Nothing)
        })
    }
}
