//! Channels.

use crate::{Memory, kept};
use nasd_api::*;
use nasd_base::role::Right;

impl Serve<ListChannels> for Memory {
    async fn serve(&self, call: Call<ListChannels>) -> Result<List<Channel>, ApiError> {
        let channels = self.act(|state| Ok(kept::list(&state.channels)))?;
        call.at.of(channels.into_iter().map(|channel| as_seen(&call.caller, channel)).collect())
    }
}

impl Serve<ReadChannel> for Memory {
    async fn serve(&self, call: Call<ReadChannel>) -> Result<Tagged<Channel>, ApiError> {
        let channel = self.act(|state| kept::find(&state.channels, &call.at.name))?;
        Ok(Tagged(as_seen(&call.caller, channel)))
    }
}

fn as_seen(caller: &Caller, mut channel: Channel) -> Channel {
    if !caller.may(Right::ChangeCluster) {
        channel.plan.target = channel.plan.target.masked();
    }
    channel
}

impl Serve<CreateChannel> for Memory {
    async fn serve(&self, call: Call<CreateChannel>) -> Result<Channel, ApiError> {
        self.acts(&call);
        let CreateChannel { name, plan, secret } = call.body;
        let has_secret = secret.is_some_and(|secret| !secret.reveal().is_empty());
        let channel = Channel { name: name.clone(), plan, has_secret, last: None, etag: "1".into() };
        self.act(|state| kept::add(&mut state.channels, name, channel))
    }
}

impl Serve<UpdateChannel> for Memory {
    async fn serve(&self, call: Call<UpdateChannel>) -> Result<Tagged<Channel>, ApiError> {
        let UpdateChannel { plan, secret } = call.body;
        self.act(|state| {
            kept::change(&mut state.channels, &call.at.name, call.etag, |channel| {
                channel.plan = plan;
                channel.has_secret = secret.map_or(channel.has_secret, |secret| !secret.reveal().is_empty());
            })
        })
        .map(Tagged)
    }
}

impl Serve<DeleteChannel> for Memory {
    async fn serve(&self, call: Call<DeleteChannel>) -> Result<Nothing, ApiError> {
        self.act(|state| kept::delete(&mut state.channels, &call.at.name))
    }
}

impl Serve<TestChannel> for Memory {
    async fn serve(&self, call: Call<TestChannel>) -> Result<Nothing, ApiError> {
        let name = call.at.name;
        self.act(|state| {
            kept::find(&state.channels, &name)?;
            state.deliver_test(&name);
            Ok(Nothing)
        })
    }
}
