//! Which operation a request asks for, and which right of a SAS it takes.
//!
//! Names are the swagger's `operationId`s. The rights are those of the published tables of
//! permissions for an account and a service SAS.

use hyper::Method;

use crate::mutation::Service;
use crate::refusal::{Code, Refusal};
use crate::request::Request;

macro_rules! operations {
    ($($variant:ident $name:literal $any:literal $resource:literal;)*) => {
        /// What is asked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Operation { $($variant),* }

        impl Operation {
            /// As the swagger names it.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The letters of which one suffices; none for what a SAS cannot ask.
            pub(crate) fn any_of(self) -> &'static str {
                match self { $(Self::$variant => $any),* }
            }

            /// The resource type of an account SAS: service, container or object.
            pub(crate) fn resource(self) -> char {
                match self { $(Self::$variant => $resource),* }
            }
        }
    };
}

operations! {
    ServiceGetProperties "Service_GetProperties" "r" 's';
    ServiceSetProperties "Service_SetProperties" "w" 's';
    ServiceAccountInfo "Service_GetAccountInfo" "rwdxylacuptfmei" 's';
    ListContainers "Service_ListContainersSegment" "l" 's';
    ServiceBatch "Service_SubmitBatch" "rwdxylacuptfmei" 's';
    ContainerCreate "Container_Create" "wc" 'c';
    ContainerGetProperties "Container_GetProperties" "r" 'c';
    ContainerDelete "Container_Delete" "d" 'c';
    ContainerSetMetadata "Container_SetMetadata" "w" 'c';
    ContainerGetPolicies "Container_GetAccessPolicy" "" 'c';
    ContainerSetPolicies "Container_SetAccessPolicy" "" 'c';
    ContainerRestore "Container_Restore" "w" 'c';
    ContainerLease "Container_Lease" "wd" 'c';
    ContainerBatch "Container_SubmitBatch" "rwdxylacuptfmei" 'c';
    ListBlobs "Container_ListBlobFlatSegment" "l" 'c';
    ListBlobsHierarchy "Container_ListBlobHierarchySegment" "l" 'c';
    BlobDownload "Blob_Download" "r" 'o';
    BlobGetProperties "Blob_GetProperties" "r" 'o';
    BlobDelete "Blob_Delete" "d" 'o';
    BlobDeleteVersion "Blob_Delete" "x" 'o';
    BlobDeletePermanent "Blob_Delete" "y" 'o';
    BlobUndelete "Blob_Undelete" "w" 'o';
    BlobSetHeaders "Blob_SetHTTPHeaders" "w" 'o';
    BlobSetMetadata "Blob_SetMetadata" "w" 'o';
    BlobSetImmutability "Blob_SetImmutabilityPolicy" "i" 'o';
    BlobDeleteImmutability "Blob_DeleteImmutabilityPolicy" "i" 'o';
    BlobSetLegalHold "Blob_SetLegalHold" "i" 'o';
    BlobLease "Blob_Lease" "wd" 'o';
    BlobSnapshot "Blob_CreateSnapshot" "wc" 'o';
    BlobSetTier "Blob_SetTier" "w" 'o';
    BlobGetTags "Blob_GetTags" "t" 'o';
    BlobSetTags "Blob_SetTags" "t" 'o';
    BlobAccountInfo "Blob_GetAccountInfo" "rwdxylacuptfmei" 'o';
    PutBlock "BlockBlob_Upload" "wc" 'o';
    PutAppend "AppendBlob_Create" "wc" 'o';
    PutPage "PageBlob_Create" "wc" 'o';
    StageBlock "BlockBlob_StageBlock" "wc" 'o';
    CommitBlocks "BlockBlob_CommitBlockList" "wc" 'o';
    GetBlocks "BlockBlob_GetBlockList" "r" 'o';
    AppendBlock "AppendBlob_AppendBlock" "aw" 'o';
    UploadPages "PageBlob_UploadPages" "w" 'o';
    GetPages "PageBlob_GetPageRanges" "r" 'o';
    ListShares "Service_ListSharesSegment" "l" 's';
    ShareCreate "Share_Create" "wc" 'c';
    ShareGetProperties "Share_GetProperties" "r" 'c';
    ShareDelete "Share_Delete" "d" 'c';
    ShareSnapshot "Share_CreateSnapshot" "wc" 'c';
    ShareRestore "Share_Restore" "w" 'c';
    ShareLease "Share_Lease" "wd" 'c';
    ShareSetMetadata "Share_SetMetadata" "w" 'c';
    DirectoryCreate "Directory_Create" "wc" 'o';
    DirectoryGetProperties "Directory_GetProperties" "r" 'o';
    DirectoryDelete "Directory_Delete" "d" 'o';
    DirectoryList "Directory_ListFilesAndDirectoriesSegment" "l" 'c';
    DirectoryRename "Directory_Rename" "w" 'o';
    FileCreate "File_Create" "wc" 'o';
    FileDownload "File_Download" "r" 'o';
    FileGetProperties "File_GetProperties" "r" 'o';
    FileDelete "File_Delete" "d" 'o';
    FileSetHeaders "File_SetHTTPHeaders" "w" 'o';
    FileSetMetadata "File_SetMetadata" "w" 'o';
    FileLease "File_Lease" "wd" 'o';
    FileUploadRange "File_UploadRange" "w" 'o';
    FileGetRanges "File_GetRangeList" "r" 'o';
    FileRename "File_Rename" "w" 'o';
    // What the service half does to the account; no request to the account asks for it.
    ByJobDelete "Jobs_Delete" "" 'o';
    ByArtifactDelete "Artifacts_DeleteMetaData" "" 'o';
    ByAccountDelete "StorageAccounts_Delete" "" 's';
}

impl Operation {
    /// Whether it changes anything: whatever only reads or lists needs no more than that right.
    pub(crate) fn changes(self) -> bool {
        !matches!(self.any_of(), "r" | "l")
    }

    /// What a request asks for.
    pub(crate) fn of(request: &Request) -> Result<Self, Refusal> {
        let found = match request.service {
            Service::Blob if request.container.is_empty() => blob_service(request),
            Service::Blob if request.name.is_empty() => container(request),
            Service::Blob => blob(request),
            Service::File if request.container.is_empty() => file_service(request),
            Service::File if request.name.is_empty() => share(request),
            Service::File => file(request),
            Service::Management | Service::Data => None,
        };
        found.ok_or_else(|| match request.parameter("comp") {
            Some(_) => Code::InvalidQueryParameterValue.into(),
            None => Code::UnsupportedHttpVerb.into(),
        })
    }
}

/// Method, `restype` and `comp`: what tells operations apart.
fn asked(request: &Request) -> (&Method, Option<&str>, Option<&str>) {
    (
        &request.method,
        request.parameter("restype"),
        request.parameter("comp"),
    )
}

fn blob_service(request: &Request) -> Option<Operation> {
    Some(match asked(request) {
        (&Method::GET, None, Some("list")) => Operation::ListContainers,
        (&Method::GET, Some("service"), Some("properties")) => Operation::ServiceGetProperties,
        (&Method::PUT, Some("service"), Some("properties")) => Operation::ServiceSetProperties,
        (&Method::GET | &Method::HEAD, Some("account"), Some("properties")) => {
            Operation::ServiceAccountInfo
        }
        (&Method::POST, _, Some("batch")) => Operation::ServiceBatch,
        _ => return None,
    })
}

fn container(request: &Request) -> Option<Operation> {
    Some(match asked(request) {
        (&Method::GET | &Method::HEAD, Some("account"), Some("properties")) => {
            Operation::ServiceAccountInfo
        }
        (&Method::PUT, Some("container"), None) => Operation::ContainerCreate,
        (&Method::GET | &Method::HEAD, Some("container"), None | Some("metadata")) => {
            Operation::ContainerGetProperties
        }
        (&Method::DELETE, Some("container"), None) => Operation::ContainerDelete,
        (&Method::PUT, Some("container"), Some("metadata")) => Operation::ContainerSetMetadata,
        (&Method::GET | &Method::HEAD, Some("container"), Some("acl")) => {
            Operation::ContainerGetPolicies
        }
        (&Method::PUT, Some("container"), Some("acl")) => Operation::ContainerSetPolicies,
        (&Method::PUT, Some("container"), Some("undelete")) => Operation::ContainerRestore,
        (&Method::PUT, _, Some("lease")) => Operation::ContainerLease,
        (&Method::POST, Some("container"), Some("batch")) => Operation::ContainerBatch,
        (&Method::GET, Some("container"), Some("list")) => match request.parameter("delimiter") {
            Some(_) => Operation::ListBlobsHierarchy,
            None => Operation::ListBlobs,
        },
        _ => return None,
    })
}

fn blob(request: &Request) -> Option<Operation> {
    let generation =
        request.parameter("versionid").is_some() || request.parameter("snapshot").is_some();
    Some(match asked(request) {
        (&Method::GET | &Method::HEAD, Some("account"), _) => Operation::BlobAccountInfo,
        (&Method::GET, None, None) => Operation::BlobDownload,
        (&Method::HEAD, None, None | Some("metadata")) => Operation::BlobGetProperties,
        (&Method::GET, None, Some("metadata")) => Operation::BlobGetProperties,
        (&Method::DELETE, None, None) => match request.parameter("deletetype") {
            Some(kind) if kind.eq_ignore_ascii_case("permanent") => Operation::BlobDeletePermanent,
            _ if request.parameter("versionid").is_some() => Operation::BlobDeleteVersion,
            _ => Operation::BlobDelete,
        },
        (&Method::PUT, None, None) if !generation => match request.header("x-ms-blob-type") {
            Some("BlockBlob") => Operation::PutBlock,
            Some("AppendBlob") => Operation::PutAppend,
            Some("PageBlob") => Operation::PutPage,
            _ => return None,
        },
        (&Method::PUT, None, Some("undelete")) => Operation::BlobUndelete,
        (&Method::PUT, None, Some("properties")) => Operation::BlobSetHeaders,
        (&Method::PUT, None, Some("metadata")) => Operation::BlobSetMetadata,
        (&Method::PUT, None, Some("immutabilityPolicies")) => Operation::BlobSetImmutability,
        (&Method::DELETE, None, Some("immutabilityPolicies")) => Operation::BlobDeleteImmutability,
        (&Method::PUT, None, Some("legalhold")) => Operation::BlobSetLegalHold,
        (&Method::PUT, None, Some("lease")) => Operation::BlobLease,
        (&Method::PUT, None, Some("snapshot")) => Operation::BlobSnapshot,
        (&Method::PUT, None, Some("tier")) => Operation::BlobSetTier,
        (&Method::GET, None, Some("tags")) => Operation::BlobGetTags,
        (&Method::PUT, None, Some("tags")) => Operation::BlobSetTags,
        (&Method::PUT, None, Some("block")) => Operation::StageBlock,
        (&Method::PUT, None, Some("blocklist")) => Operation::CommitBlocks,
        (&Method::GET, None, Some("blocklist")) => Operation::GetBlocks,
        (&Method::PUT, None, Some("appendblock")) => Operation::AppendBlock,
        (&Method::PUT, None, Some("page")) => Operation::UploadPages,
        (&Method::GET, None, Some("pagelist")) => Operation::GetPages,
        _ => return None,
    })
}

fn file_service(request: &Request) -> Option<Operation> {
    Some(match asked(request) {
        (&Method::GET, None, Some("list")) => Operation::ListShares,
        (&Method::GET, Some("service"), Some("properties")) => Operation::ServiceGetProperties,
        _ => return None,
    })
}

fn share(request: &Request) -> Option<Operation> {
    Some(match asked(request) {
        (&Method::PUT, Some("share"), None) => Operation::ShareCreate,
        (&Method::GET | &Method::HEAD, Some("share"), None | Some("metadata")) => {
            Operation::ShareGetProperties
        }
        (&Method::DELETE, Some("share"), None) => Operation::ShareDelete,
        (&Method::PUT, Some("share"), Some("snapshot")) => Operation::ShareSnapshot,
        (&Method::PUT, Some("share"), Some("undelete")) => Operation::ShareRestore,
        (&Method::PUT, Some("share"), Some("metadata")) => Operation::ShareSetMetadata,
        (&Method::PUT, _, Some("lease")) => Operation::ShareLease,
        // The root directory is addressed by the share alone.
        (&Method::GET, Some("directory"), Some("list")) => Operation::DirectoryList,
        (&Method::GET | &Method::HEAD, Some("directory"), None) => {
            Operation::DirectoryGetProperties
        }
        _ => return None,
    })
}

fn file(request: &Request) -> Option<Operation> {
    Some(match asked(request) {
        (&Method::PUT, Some("directory"), None) => Operation::DirectoryCreate,
        (&Method::GET | &Method::HEAD, Some("directory"), None | Some("metadata")) => {
            Operation::DirectoryGetProperties
        }
        (&Method::DELETE, Some("directory"), None) => Operation::DirectoryDelete,
        (&Method::GET, Some("directory"), Some("list")) => Operation::DirectoryList,
        (&Method::PUT, Some("directory"), Some("rename")) => Operation::DirectoryRename,
        (&Method::PUT, None, None) => Operation::FileCreate,
        (&Method::GET, None, None) => Operation::FileDownload,
        (&Method::HEAD, None, None | Some("metadata")) => Operation::FileGetProperties,
        (&Method::DELETE, None, None) => Operation::FileDelete,
        (&Method::PUT, None, Some("properties")) => Operation::FileSetHeaders,
        (&Method::PUT, None, Some("metadata")) => Operation::FileSetMetadata,
        (&Method::PUT, None, Some("lease")) => Operation::FileLease,
        (&Method::PUT, None, Some("range")) => Operation::FileUploadRange,
        (&Method::GET, None, Some("rangelist")) => Operation::FileGetRanges,
        (&Method::PUT, None, Some("rename")) => Operation::FileRename,
        _ => return None,
    })
}
