use crate::bench::{Bench, FIRST, create_token, first};
use crate::*;
use nasd_base::NodeId;
use nasd_state::Machine;

#[test]
fn the_first_node_founds_the_cluster_once() {
    let mut bench = Bench::empty();
    assert_eq!(bench.refused(create_token(2)), ClusterError::NotFounded.into());
    let SystemCommand::Cluster(ClusterCommand::Create { cluster, cluster_name, name, address, key, .. }) =
        first("alpha")
    else {
        unreachable!()
    };
    let later = SystemCommand::Cluster(ClusterCommand::Create {
        cluster,
        cluster_name,
        node: NodeId(99),
        name,
        address,
        key,
    });
    assert_eq!(bench.refused(later), ClusterError::BadNodeId.into());
    assert_eq!(bench.registered(first("alpha")), FIRST);
    assert_eq!(bench.refused(first("beta")), ClusterError::AlreadyFounded.into());
    let view = bench.view();
    assert_eq!(view.cluster.id, Some(ClusterId([9; 16])));
    assert_eq!(view.node(FIRST).unwrap().state, NodeState::Active);
}

/// The state names an authority before the nodes have it; each says when it does, whenever that is.
#[test]
fn another_authority_is_one_task_of_all_nodes() {
    let mut bench = Bench::of(3);
    let rotate = |number: u8| {
        SystemCommand::Cluster(ClusterCommand::RotateAuthority {
            fingerprint: [number; 32],
            started_by: "amy".to_owned(),
        })
    };
    let Ok(SystemReply::Task(task)) = bench.run(rotate(1)) else { panic!("no task") };
    assert_eq!((task.kind, task.parts.len()), (TaskKind::RotateAuthority, 3));
    assert_eq!(
        bench.refused(rotate(2)),
        SystemError::Task(TaskError::Running { task: task.id, kind: task.kind })
    );
    for part in &task.parts {
        assert_eq!(bench.view().cluster.authority, Some([1; 32]));
        let (task, node, line) = (task.id, part.node, String::new());
        let finish = TaskCommand::FinishPart { task, node, failed: false, line };
        bench.run(SystemCommand::Task(finish)).unwrap();
    }
    assert_eq!(bench.view().tasks[&task.id].state, TaskState::Done);
    assert!(bench.run(rotate(2)).is_ok());
    let mut again = SystemMachine::new(AuditSeal::derive(&[7; 32]));
    again.0.prepare(&bench.db).unwrap();
    assert_eq!(again.1.borrow().cluster.authority, Some([2; 32]), "it is in the database");
}
