//! The people of a sample workspace. None of them exists.

/// Somebody invented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// First and last name.
    pub name: &'static str,
    /// E-mail address and user principal name.
    pub email: &'static str,
    /// The id that the directory service gave.
    pub object_id: &'static str,
    /// The name of the folder of notebooks.
    pub alias: &'static str,
    /// Telephone number.
    pub phone: &'static str,
    /// The id of an older identity service.
    pub(super) pu_id: &'static str,
}

/// Everybody; the first is the subject of the demonstration.
pub const PEOPLE: [Person; 4] = [
    Person {
        name: "Jane Example",
        email: "jane.example@example.com",
        object_id: "1f0c7e4a-5b7d-4c1e-9a43-6d2b8e90aa01",
        alias: "jane",
        phone: "+1 202-555-0143",
        pu_id: "10032000A1B2C3D1",
    },
    Person {
        name: "Omar Sample",
        email: "omar.sample@example.org",
        object_id: "2f0c7e4a-5b7d-4c1e-9a43-6d2b8e90aa02",
        alias: "omar",
        phone: "+1 202-555-0172",
        pu_id: "10032000A1B2C3D2",
    },
    Person {
        name: "Ada Placeholder",
        email: "ada.placeholder@example.net",
        object_id: "3f0c7e4a-5b7d-4c1e-9a43-6d2b8e90aa03",
        alias: "ada",
        phone: "+1 202-555-0119",
        pu_id: "10032000A1B2C3D3",
    },
    Person {
        name: "Kim Template",
        email: "kim.template@example.com",
        object_id: "4f0c7e4a-5b7d-4c1e-9a43-6d2b8e90aa04",
        alias: "kim",
        phone: "+1 202-555-0188",
        pu_id: "10032000A1B2C3D4",
    },
];

/// The tenant that all of them belong to.
pub(super) const TENANT: &str = "bbbbbbbb-0000-4000-8000-000000000002";

impl Person {
    /// As a run's document names its author.
    pub(super) fn document(&self) -> serde_json::Value {
        serde_json::json!({
            "userObjectId": self.object_id,
            "userPuId": self.pu_id,
            "userIdp": null,
            "userAltSecId": null,
            "userIss": format!("https://sts.windows.net/{TENANT}/"),
            "userTenantId": TENANT,
            "userName": self.name,
            "upn": self.email,
        })
    }
}
