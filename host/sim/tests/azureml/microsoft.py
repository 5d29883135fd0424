"""Microsoft's own SDK, azure-ai-ml, against the simulator: unchanged apart from where names lead.

Arguments: the URL, the certificate, subscription, group, workspace. Every step asserts; the last line counts.
"""

import logging
import os
import pathlib
import socket
import sys
import tempfile
import time
import urllib.parse

url, certificate, subscription, group, workspace = sys.argv[1:]
os.environ["REQUESTS_CA_BUNDLE"] = certificate
port = urllib.parse.urlparse(url).port
real = socket.getaddrinfo


def here(host, *arguments, **named):
    """The account's name leads to this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    return real("127.0.0.1" if name and name.endswith("localhost") else host, *arguments, **named)


socket.getaddrinfo = here

from azure.ai.ml import MLClient
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

logging.getLogger("azure").setLevel(logging.ERROR)


class Credential:
    def get_token(self, *scopes, **named):
        return AccessToken("practice", int(time.time()) + 3600)


client = MLClient(
    Credential(),
    subscription,
    group,
    workspace,
    enable_telemetry=False,
    show_progress=False,
    cloud="Practice",
    cloud_metadata={
        "azure_portal": "https://portal.example.net/",
        "resource_manager": url + "/",
        "active_directory": "https://login.example.net/",
        "aml_resource_id": "https://ml.example.net/",
        "storage_endpoint": f"core.localhost:{port}",
        "registry_discovery_endpoint": "https://registry.example.net/",
    },
)
steps = 0


def step(function):
    global steps
    function()
    steps += 1
    print("ok", function.__name__, flush=True)


def absent(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except (ResourceNotFoundError, HttpResponseError) as error:
        assert error.status_code == 404, error
    else:
        raise AssertionError("it is still there")


def files(folder):
    return {str(each.relative_to(folder)): each.read_bytes() for each in pathlib.Path(folder).rglob("*") if each.is_file()}


@step
def workspaces():
    shown = client.workspaces.get(workspace)
    assert shown.location == "eastus2", shown.location
    assert shown.tags["team"] == "a", shown.tags
    assert workspace in [each.name for each in client.workspaces.list()]
    assert client.workspaces.get_keys(workspace).user_storage_key


@step
def jobs_are_listed_over_pages():
    names = [each.name for each in client.jobs.list()]
    assert "churn-000000" in names and "churn-000003" in names and len(names) == 5, names
    assert client.jobs.get("churn-000000").display_name == "jane churn 0"


@step
def a_job_is_archived_and_restored():
    client.jobs.archive("churn-000001")
    names = [each.name for each in client.jobs.list()]
    assert "churn-000001" not in names, names
    client.jobs.restore("churn-000001")
    assert "churn-000001" in [each.name for each in client.jobs.list()]


@step
def a_job_is_downloaded():
    with tempfile.TemporaryDirectory() as folder:
        client.jobs.download("churn-000000", download_path=folder)
        found = files(folder)
        assert found == {
            "artifacts/user_logs/std_log.txt": b"by jane\n",
            "artifacts/outputs/a b.json": b"{}",
        }, found


@step
def an_output_is_downloaded_by_its_name():
    # Not one that is a model: 1.35.2 fails there before it asks.
    with tempfile.TemporaryDirectory() as folder:
        client.jobs.download("churn-000003", download_path=folder, output_name="scores")
        found = files(folder)
        assert list(found.values()) == [b"rows"], found


@step
def a_job_is_deleted():
    client.jobs.begin_delete("churn-000000").result()
    absent(client.jobs.get, "churn-000000")


@step
def a_running_job_is_cancelled():
    client.jobs.begin_cancel("churn-000004").result()
    assert client.jobs.get("churn-000004").status == "Canceled"


@step
def models():
    assert [each.name for each in client.models.list()] == ["churn-model"]
    assert sorted(each.version for each in client.models.list("churn-model")) == ["1", "2"]
    model = client.models.get("churn-model", version="1")
    assert model.tags == {"contact": "jane"}, model.tags
    with tempfile.TemporaryDirectory() as folder:
        client.models.download("churn-model", version="1", download_path=folder)
        found = files(folder)
        assert list(found.values()) == [b"weights"], found
    client.models.archive("churn-model", version="1")
    assert [each.version for each in client.models.list("churn-model")] == ["2"]
    client.models.archive("churn-model")
    assert not list(client.models.list())


@step
def data():
    assert [each.name for each in client.data.list()] == ["churn-training"]
    assert client.data.get("churn-training", version="1").type == "uri_folder"
    client.data.archive("churn-training", version="1")
    assert [each.version for each in client.data.list("churn-training")] == ["2"]


@step
def components_and_environments():
    assert [each.name for each in client.environments.list()] == ["py"]
    assert client.environments.get("py", version="1").image == "example.net/py:1"
    client.environments.archive("py", version="1")
    assert [each.name for each in client.components.list()] == ["train"]


@step
def datastores():
    names = {each.name for each in client.datastores.list()}
    assert names == {"workspaceartifactstore", "workspaceblobstore", "workspaceworkingdirectory"}, names
    assert client.datastores.get_default().name == "workspaceblobstore"
    secret = client.datastores.get("workspaceblobstore", include_secrets=True).credentials
    assert secret.account_key == client.workspaces.get_keys(workspace).user_storage_key
    client.datastores.delete("workspaceworkingdirectory")
    absent(client.datastores.get, "workspaceworkingdirectory")


@step
def computes():
    assert [each.name for each in client.compute.list()] == ["cluster"]
    client.compute.begin_delete("cluster", action="Detach").result()
    absent(client.compute.get, "cluster")


@step
def endpoints():
    assert [each.name for each in client.online_endpoints.list()] == ["churn"]
    assert [each.name for each in client.online_deployments.list("churn")] == ["blue"]
    client.online_endpoints.begin_delete("churn").result()
    absent(client.online_endpoints.get, "churn")
    assert [each.name for each in client.batch_endpoints.list()] == ["nightly"]
    client.batch_endpoints.begin_delete("nightly").result()
    absent(client.batch_endpoints.get, "nightly")


@step
def the_workspace_goes_with_what_it_depends_on():
    client.workspaces.begin_delete(workspace, delete_dependent_resources=True, permanently_delete=True).result()
    absent(client.workspaces.get, workspace)


print(steps, "steps")
