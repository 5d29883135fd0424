"""Microsoft's own client against the simulator: what it sends is answered as it expects.

Arguments: the blob URL, the file URL, the account, the key. Every step asserts; the last line counts.
"""

import datetime
import sys

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    BlobBlock,
    BlobClient,
    BlobServiceClient,
    BlobSasPermissions,
    ContainerSasPermissions,
    ContentSettings,
    ImmutabilityPolicy,
    RetentionPolicy,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
    AccountSasPermissions,
    ResourceTypes,
    StandardBlobTier,
)
from azure.storage.fileshare import ShareServiceClient

blob_url, file_url, account, key = sys.argv[1:]
credential = {"account_name": account, "account_key": key}
soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
service = BlobServiceClient(blob_url, credential=credential, retry_total=0)
steps = 0


def step(function):
    global steps
    function()
    steps += 1
    print("ok", function.__name__)


def refused(code, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except HttpResponseError as error:
        assert error.error_code == code, (error.error_code, code)
    else:
        raise AssertionError(f"not refused with {code}")


@step
def containers():
    container = service.create_container("python", metadata={"owner": "jane"})
    try:
        service.create_container("python")
    except ResourceExistsError:
        pass
    assert container.get_container_properties().metadata == {"owner": "jane"}
    assert [c.name for c in service.list_containers(name_starts_with="py")] == ["python"]
    assert service.get_account_information()["account_kind"] == "StorageV2"


container = service.get_container_client("python")


@step
def upload_and_download():
    for name in ["plain", "a b/ü#?%+&=.txt", "x//y", "dots.", "日本/語"]:
        data = (name * 1000).encode()
        blob = container.upload_blob(
            name,
            data,
            metadata={"k": "v"},
            content_settings=ContentSettings(content_type="text/plain"),
            validate_content=True,
        )
        assert blob.download_blob(validate_content=True).readall() == data
        assert blob.download_blob(offset=3, length=7).readall() == data[3:10]
        properties = blob.get_blob_properties()
        assert properties.size == len(data) and properties.metadata == {"k": "v"}
        assert properties.content_settings.content_type == "text/plain"
    assert {b.name for b in container.list_blobs()} == {"plain", "a b/ü#?%+&=.txt", "x//y", "dots.", "日本/語"}


@step
def large_upload_in_blocks():
    small = BlobServiceClient(
        blob_url, credential=credential, max_single_put_size=1024, max_block_size=1024,
        max_single_get_size=1500, max_chunk_get_size=1000,
    )
    blob = small.get_blob_client("python", "large")
    data = bytes(range(256)) * 40
    blob.upload_blob(data, max_concurrency=4)
    assert blob.download_blob(max_concurrency=4).readall() == data
    assert len(blob.get_block_list()[0]) == 10
    blob.stage_block("AAAA", b"tail")
    blob.commit_block_list([BlobBlock("AAAA")])
    assert blob.download_blob().readall() == b"tail"


@step
def listing_in_pages_and_by_delimiter():
    for n in range(12):
        container.upload_blob(f"many/{n:02}", b"x")
    pages = list(container.list_blobs(name_starts_with="many/", results_per_page=5).by_page())
    assert [len(list(page)) for page in pages] != []
    names = [b.name for b in container.list_blobs(name_starts_with="many/", results_per_page=5)]
    assert names == [f"many/{n:02}" for n in range(12)]
    walked = [item.name for item in container.walk_blobs(delimiter="/")]
    assert "many/" in walked and "plain" in walked and "many/00" not in walked, walked
    item = next(iter(container.list_blobs(name_starts_with="plain", include=["metadata", "tags"])))
    assert item.metadata == {"k": "v"} and item.size == 5000
    assert item.etag.strip('"') == container.get_blob_client("plain").get_blob_properties().etag.strip('"')


@step
def conditions():
    blob = container.get_blob_client("plain")
    etag = blob.get_blob_properties().etag
    blob.upload_blob(b"two", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
    try:
        blob.upload_blob(b"three", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
        raise AssertionError("overwritten")
    except ResourceModifiedError:
        pass
    try:
        blob.upload_blob(b"three")
        raise AssertionError("overwritten")
    except ResourceExistsError:
        pass
    assert blob.download_blob().readall() == b"two"


@step
def append_and_page_blobs():
    blob = container.get_blob_client("log")
    blob.create_append_blob()
    blob.append_block(b"one ")
    blob.append_block(b"two", appendpos_condition=4)
    assert blob.download_blob().readall() == b"one two"
    disk = container.get_blob_client("disk")
    disk.create_page_blob(2048)
    disk.upload_page(b"p" * 512, offset=512, length=512)
    disk.clear_page(offset=512, length=512)
    disk.upload_page(b"q" * 512, offset=1024, length=512)
    assert disk.download_blob().readall() == b"\0" * 1024 + b"q" * 512 + b"\0" * 512
    assert disk.get_page_ranges()[0]


@step
def tags_tier_and_headers():
    blob = container.get_blob_client("plain")
    blob.set_blob_tags({"project": "alpha", "keep": "no"})
    assert blob.get_blob_tags() == {"project": "alpha", "keep": "no"}
    assert blob.get_blob_properties().tag_count == 2
    blob.set_http_headers(ContentSettings(content_type="text/csv"))
    assert blob.get_blob_properties().content_settings.content_type == "text/csv"
    blob.set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    refused("BlobArchived", lambda: blob.download_blob().readall())
    blob.set_standard_blob_tier(StandardBlobTier.HOT)
    assert blob.download_blob().readall() == b"two"


@step
def leases():
    blob = container.get_blob_client("plain")
    lease = blob.acquire_lease(15)
    refused("LeaseIdMissing", blob.delete_blob)
    refused("LeaseAlreadyPresent", blob.acquire_lease, 15)
    lease.renew()
    lease.change("11111111-2222-3333-4444-555555555555")
    blob.set_blob_metadata({"a": "b"}, lease=lease)
    assert blob.get_blob_properties().lease.state == "leased"
    lease.release()
    lease = blob.acquire_lease(-1)
    assert lease.break_lease(0) == 0
    assert blob.get_blob_properties().lease.state == "broken"


@step
def snapshots():
    blob = container.upload_blob("snapped", b"old")
    taken = blob.create_snapshot()
    blob.upload_blob(b"new", overwrite=True)
    old = BlobClient(blob_url, "python", "snapped", snapshot=taken["snapshot"], credential=credential)
    assert old.download_blob().readall() == b"old"
    shown = [b.snapshot for b in container.list_blobs("snapped", include=["snapshots"])]
    assert shown == [taken["snapshot"], None], shown
    refused("SnapshotsPresent", blob.delete_blob)
    blob.delete_blob(delete_snapshots="include")
    assert not blob.exists()


@step
def batch_delete():
    names = [f"many/{n:02}" for n in range(12)]
    answers = list(container.delete_blobs(*names[:10], "absent", raise_on_any_failure=False))
    assert [a.status_code for a in answers] == [202] * 10 + [404], answers
    etag = container.get_blob_client(names[10]).get_blob_properties().etag
    parts = [
        {"name": names[10], "etag": '"0x0"', "match_condition": MatchConditions.IfNotModified},
        {"name": names[10], "etag": etag, "match_condition": MatchConditions.IfNotModified},
    ]
    answers = list(container.delete_blobs(*parts, raise_on_any_failure=False))
    assert [a.status_code for a in answers] == [412, 202], answers
    answers = list(container.set_standard_blob_tier_blobs("Cool", names[11]))
    assert [a.status_code for a in answers] == [200], answers


@step
def shared_access_signatures():
    read = generate_blob_sas(
        account, "python", "plain", account_key=key, permission=BlobSasPermissions(read=True), expiry=soon
    )
    blob = BlobClient(blob_url, "python", "plain", credential=read)
    assert blob.download_blob().readall() == b"two"
    refused("AuthorizationPermissionMismatch", blob.delete_blob)
    other = BlobClient(blob_url, "python", "log", credential=read)
    refused("AuthenticationFailed", lambda: other.download_blob().readall())
    listing = generate_container_sas(
        account, "python", account_key=key, expiry=soon,
        permission=ContainerSasPermissions(read=True, list=True, delete=True),
    )
    listed = BlobServiceClient(blob_url, credential=listing).get_container_client("python")
    assert "plain" in [b.name for b in listed.list_blobs()]
    answers = list(listed.delete_blobs("many/11"))
    assert [a.status_code for a in answers] == [202]
    whole = generate_account_sas(
        account, key, resource_types=ResourceTypes(service=True), expiry=soon,
        permission=AccountSasPermissions(list=True),
    )
    outside = BlobServiceClient(blob_url, credential=whole)
    assert [c.name for c in outside.list_containers()]
    refused("AuthorizationResourceTypeMismatch", lambda: list(outside.get_container_client("python").list_blobs()))
    late = generate_blob_sas(
        account, "python", "plain", account_key=key, permission="r",
        expiry=soon - datetime.timedelta(hours=2),
    )
    refused("AuthenticationFailed", BlobClient(blob_url, "python", "plain", credential=late).download_blob)


@step
def wrong_key():
    wrong = {"account_name": account, "account_key": "AAAA" + key[4:]}
    forged = BlobServiceClient(blob_url, credential=wrong, retry_total=0)
    refused("AuthenticationFailed", lambda: list(forged.list_containers()))


@step
def soft_delete():
    service.set_service_properties(delete_retention_policy=RetentionPolicy(enabled=True, days=7))
    assert service.get_service_properties()["delete_retention_policy"].days == 7
    blob = container.upload_blob("soft", b"one")
    blob.upload_blob(b"two", overwrite=True)
    blob.delete_blob(delete_snapshots="include")
    shown = list(container.list_blobs("soft", include=["deleted", "snapshots"]))
    assert [b.deleted for b in shown] == [True, True], shown
    assert shown[0].remaining_retention_days == 6
    blob.undelete_blob()
    assert blob.download_blob().readall() == b"two"


# From here on the simulator keeps versions: the test switches them on when it reads this line.
print("versions please", flush=True)
sys.stdin.readline()


@step
def versions():
    blob = container.upload_blob("versioned", b"one")
    first = blob.get_blob_properties().version_id
    blob.upload_blob(b"two", overwrite=True)
    old = BlobClient(blob_url, "python", "versioned", version_id=first, credential=credential)
    assert old.download_blob().readall() == b"one"
    shown = [(b.version_id, b.is_current_version) for b in container.list_blobs("versioned", include=["versions"])]
    assert [current for _, current in shown] == [None, True] and shown[0][0] == first, shown
    blob.delete_blob()
    assert not blob.exists()
    only = list(container.list_blobs("versioned", include=["deletedwithversions"]))
    assert [b.has_versions_only for b in only] == [True]
    old.delete_blob()
    hidden = [b for b in container.list_blobs("versioned", include=["versions", "deleted"]) if b.deleted]
    assert [b.version_id for b in hidden] == [first], hidden


@step
def holds():
    blob = container.upload_blob("held", b"one")
    version = blob.get_blob_properties().version_id
    blob.set_legal_hold(True)
    blob.delete_blob()
    held = BlobClient(blob_url, "python", "held", version_id=version, credential=credential)
    refused("BlobImmutableDueToPolicy", held.delete_blob)
    kept = container.upload_blob("kept", b"one")
    kept.set_immutability_policy(ImmutabilityPolicy(expiry_time=soon, policy_mode="Unlocked"))
    assert kept.get_blob_properties().immutability_policy.policy_mode == "unlocked"
    kept.delete_immutability_policy()


@step
def file_shares():
    shares = ShareServiceClient(file_url, credential=credential, retry_total=0)
    share = shares.create_share("python")
    users = share.create_directory("Users")
    jane = users.create_subdirectory("jane")
    data = bytes(range(256)) * 20
    file = jane.upload_file("a b+ü.ipynb", data)
    assert file.download_file().readall() == data
    assert file.download_file(offset=5, length=9).readall() == data[5:14]
    listed = [(item.name, item.is_directory) for item in share.list_directories_and_files("Users/jane")]
    assert listed == [("a b+ü.ipynb", False)], listed
    taken = share.create_snapshot()
    lease = file.acquire_lease()
    refused("LeaseIdMissing", file.delete_file)
    lease.release()
    renamed = file.rename_file("Users/jane/b.ipynb")
    assert renamed.download_file().readall() == data
    refused("DirectoryNotEmpty", jane.delete_directory)
    renamed.delete_file()
    jane.delete_directory()
    assert [s.snapshot for s in shares.list_shares(include_snapshots=True)] == [taken["snapshot"], None]
    try:
        share.get_file_client("Users/jane/b.ipynb").get_file_properties()
        raise AssertionError("still there")
    except ResourceNotFoundError:
        pass
    share.delete_share(delete_snapshots=True)


print(f"{steps} steps")
