//! Deliveries, and the node's agents who make them.

use crate::{Memory, NOW, State};
use nasd_api::*;

impl State {
    pub(crate) fn deliver_test(&mut self, channel: &str) {
        self.deliveries.push(Delivery {
            id: self.deliveries.len() as u64 + 1,
            channel: channel.to_owned(),
            about: DeliveryAbout::Test,
            state: DeliveryState::Waiting,
            alerts: Vec::new(),
            count: 1,
            made: NOW,
            due: NOW,
            attempts: 0,
            ended: None,
            failure: None,
        });
    }
}

impl Memory {
    /// A test over the channel of this name is on its way.
    pub fn add_test(&self, channel: &str) {
        self.state.lock().unwrap().deliver_test(channel);
    }

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
