//! What the service refuses with: a code, its status, and an XML body that says so.
//!
//! Codes are those of the swagger's `StorageErrorCode`. Their statuses are not in the swagger;
//! they are the ones of the published table of error codes, and those that are neither in the
//! swagger nor in `facts.md` are marked.

use hyper::StatusCode;

use crate::reply::Reply;
use crate::xml;

/// A refusal: what the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) Code);

macro_rules! codes {
    ($($name:ident $status:literal $message:literal;)*) => {
        /// The codes that the simulator answers with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($name),* }

        impl Code {
            pub(crate) fn text(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            fn message(self) -> &'static str {
                match self { $(Self::$name => $message),* }
            }
        }
    };
}

codes! {
    AppendPositionConditionNotMet 412 "The append position condition specified was not met.";
    AuthenticationFailed 403 "Server failed to authenticate the request.";
    AuthorizationFailure 403 "This request is not authorized to perform this operation.";
    AuthorizationPermissionMismatch 403 "This request is not authorized to perform this operation using this permission.";
    AuthorizationProtocolMismatch 403 "This request is not authorized to perform this operation using this protocol.";
    AuthorizationResourceTypeMismatch 403 "This request is not authorized to perform this operation using this resource type.";
    AuthorizationServiceMismatch 403 "This request is not authorized to perform this operation using this service.";
    BlobAlreadyExists 409 "The specified blob already exists.";
    BlobArchived 409 "This operation is not permitted on an archived blob.";
    BlobImmutableDueToLegalHold 409 "This operation is not permitted as the blob is immutable due to one or more legal holds.";
    BlobImmutableDueToPolicy 409 "This operation is not permitted as the blob is immutable due to a policy.";
    BlobNotFound 404 "The specified blob does not exist.";
    BlobSnapshotNotSoftDeleted 409 "The specified snapshot or version is not soft deleted.";
    ConditionNotMet 412 "The condition specified using HTTP conditional header(s) is not met.";
    ContainerAlreadyExists 409 "The specified container already exists.";
    ContainerNotFound 404 "The specified container does not exist.";
    DirectoryNotEmpty 409 "The specified directory is not empty.";
    InternalError 500 "The server encountered an internal error. Please retry the request.";
    InvalidBlobOrBlock 400 "The specified blob or block content is invalid.";
    InvalidBlobTier 400 "The specified blob tier is invalid.";
    InvalidBlobType 409 "The blob type is invalid for this operation.";
    InvalidBlockList 400 "The specified block list is invalid.";
    InvalidFileOrDirectoryPathName 400 "The specified file or directory path name is invalid.";
    InvalidHeaderValue 400 "The value for one of the HTTP headers is not in the correct format.";
    InvalidInput 400 "One of the request inputs is not valid.";
    InvalidMd5 400 "The MD5 value specified in the request is invalid.";
    InvalidPageRange 416 "The page range specified is invalid.";
    InvalidQueryParameterValue 400 "Value for one of the query parameters specified in the request URI is invalid.";
    InvalidRange 416 "The range specified is invalid for the current size of the resource.";
    InvalidResourceName 400 "The specified resource name contains invalid characters.";
    InvalidUri 400 "The requested URI does not represent any resource on the server.";
    InvalidXmlDocument 400 "XML specified is not syntactically valid.";
    LeaseAlreadyPresent 409 "There is already a lease present.";
    LeaseIdMismatchWithBlobOperation 412 "The lease ID specified did not match the lease ID for the blob.";
    LeaseIdMismatchWithContainerOperation 412 "The lease ID specified did not match the lease ID for the container.";
    LeaseIdMismatchWithFileOperation 412 "The lease ID specified did not match the lease ID for the file.";
    LeaseIdMismatchWithLeaseOperation 409 "The lease ID specified did not match the lease ID for the resource with the specified lease operation.";
    LeaseIdMissing 412 "There is currently a lease on the resource and no lease ID was specified in the request.";
    LeaseIsBreakingAndCannotBeAcquired 409 "The lease is already in the breaking state, and cannot be acquired until the lease is broken.";
    LeaseIsBreakingAndCannotBeChanged 409 "The lease ID matched, but the lease is currently in breaking state and cannot be changed.";
    LeaseIsBrokenAndCannotBeRenewed 409 "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.";
    LeaseLost 412 "A lease ID was specified, but the lease for the resource has expired.";
    LeaseNotPresentWithBlobOperation 412 "There is currently no lease on the blob.";
    LeaseNotPresentWithContainerOperation 412 "There is currently no lease on the container.";
    LeaseNotPresentWithFileOperation 412 "There is currently no lease on the file.";
    LeaseNotPresentWithLeaseOperation 409 "There is currently no lease on the resource.";
    Md5Mismatch 400 "The MD5 value specified in the request did not match with the MD5 value calculated by the server.";
    MissingRequiredHeader 400 "A required HTTP header was not specified.";
    MissingRequiredQueryParameter 400 "A required query parameter was not specified for this request.";
    NoAuthenticationInformation 401 "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";
    OperationNotAllowedOnRootBlob 403 "The specified operation is not allowed on root blob.";
    OutOfRangeQueryParameterValue 400 "One of the query parameters specified in the request URI is outside the permissible range.";
    ParentNotFound 404 "The specified parent path does not exist.";
    RequestBodyTooLarge 413 "The size of the request body exceeds the maximum size permitted.";
    ReadOnlyAttribute 409 "The specified resource is read-only and cannot be modified at this time.";
    ResourceAlreadyExists 409 "The specified resource already exists.";
    ResourceNotFound 404 "The specified resource does not exist.";
    ResourceTypeMismatch 409 "The specified resource type does not match the type of the existing resource.";
    ServerBusy 503 "The server is currently unable to receive requests. Please retry your request.";
    ShareAlreadyExists 409 "The specified share already exists.";
    ShareHasSnapshots 409 "The specified share has snapshots.";
    ShareNotFound 404 "The specified share does not exist.";
    SnapshotsPresent 409 "This operation is not permitted while the blob has snapshots.";
    UnauthorizedBlobOverwrite 403 "This request is not authorized to perform blob overwrites.";
    UnsupportedHttpVerb 405 "The resource doesn't support the specified HTTP verb.";
    UnsupportedQueryParameter 400 "One of the query parameters specified in the request URI is not supported.";
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self(code)
    }
}

impl Code {
    /// This code with a status of its own; the body is the same.
    pub(crate) fn reply_as(self, status: StatusCode) -> Reply {
        let body = xml::Writer::document()
            .open("Error", &[])
            .text("Code", self.text())
            .text("Message", self.message())
            .close("Error")
            .finish();
        let mut reply = Reply::new(status).header("x-ms-error-code", self.text());
        if self == Self::NoAuthenticationInformation {
            // What the official clients look for before they ask for a token.
            reply = reply.header(
                "www-authenticate",
                "Bearer authorization_uri=https://login.microsoftonline.com/common resource_id=https://storage.azure.com",
            );
        }
        reply.xml(body)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let status =
            StatusCode::from_u16(refusal.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        refusal.0.reply_as(status)
    }
}
