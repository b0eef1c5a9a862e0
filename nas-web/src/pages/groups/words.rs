//! Owns what is said about groups.

crate::words::words! {
    nav: "Groups", "그룹";
    new: "New group", "새 그룹";
    make: "Make the group", "그룹 만들기";
    text: "Each member may do what the group's role may, besides what its own role and other groups let it do.",
        "소속 사용자는 자신의 역할과 다른 그룹의 권한에 더해 이 그룹의 역할이 할 수 있는 일을 할 수 있습니다.";
    name_missing: "Give the group a name.", "그룹 이름을 입력하십시오.";
    delete: "Delete the group", "그룹 삭제";
    delete_title: "Delete group {}?", "그룹 {}을(를) 삭제하시겠습니까?";
    delete_text: "Its members stay, and lose what only this group let them do, at once.",
        "소속 사용자는 그대로 남고, 이 그룹으로만 할 수 있던 일은 즉시 할 수 없게 됩니다.";
    none: "No groups yet", "아직 그룹이 없습니다";
    none_text: "A group gives several users a role at once: people who are on call, or all who look after one volume. Without groups each user has its own role only.",
        "그룹은 당직자나 한 볼륨을 함께 관리하는 사람들처럼 여러 사용자에게 한 번에 역할을 줍니다. 그룹이 없으면 사용자는 자신의 역할만 가집니다.";
    members: "Members", "소속 사용자";
    members_hint: "Names of users, separated by commas.", "쉼표로 구분한 사용자 이름.";

    => MADE: "Group {} was made.", "그룹 {}을(를) 만들었습니다.";
    => CHANGED: "Group {} was changed.", "그룹 {}을(를) 변경했습니다.";
    => DELETED: "Group {} was deleted.", "그룹 {}을(를) 삭제했습니다.";
}
