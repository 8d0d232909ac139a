"""S3's error codes and sentences."""

from studiolo.base.errors import ApiError

_STATUS = {
    "NoSuchVersion": 404, "InvalidPartNumber": 416, "QuotaExceeded": 403, "MissingContentLength": 411,
    "NoSuchBucket": 404, "NoSuchKey": 404, "NoSuchUpload": 404, "AccessDenied": 403, "BucketAlreadyExists": 409,
    "BucketNotEmpty": 409, "PreconditionFailed": 412, "InvalidRange": 416, "InsufficientStorage": 507, "NotImplemented": 501,
    "NoSuchTagSet": 404, "NoSuchBucketPolicy": 404, "NoSuchCORSConfiguration": 404, "NoSuchLifecycleConfiguration": 404,
    "NoSuchWebsiteConfiguration": 404, "ServerSideEncryptionConfigurationNotFoundError": 404,
}  # fmt: skip
_SENTENCES = {
    "NoSuchBucket": "The specified bucket does not exist",
    "NoSuchKey": "The specified key does not exist.",
    "NoSuchVersion": "The specified version does not exist.",
    "InvalidPartNumber": "The requested partnumber is not satisfiable",
    "NoSuchUpload": "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
    "aborted or completed.",
    "AccessDenied": "Access Denied",
    "BucketAlreadyExists": "The requested bucket name is not available. The bucket namespace is shared by all projects "
    "of the studio. Please select a different name and try again.",
    "BucketNotEmpty": "The bucket you tried to delete is not empty",
    "PreconditionFailed": "At least one of the pre-conditions you specified did not hold",
    "InvalidRange": "The requested range is not satisfiable",
    "InvalidBucketName": "The specified bucket is not valid.",
    "InvalidPart": "One or more of the specified parts could not be found. The part may not have been uploaded, or the "
    "specified entity tag may not match the part's entity tag.",
    "InvalidPartOrder": "The list of parts was not in ascending order. Parts must be ordered by part number.",
    "EntityTooSmall": "Your proposed upload is smaller than the minimum allowed size",
    "BadDigest": "The Content-MD5 or checksum you specified did not match what we received.",
    "InvalidDigest": "The Content-MD5 you specified is not valid.",
    "InvalidLocationConstraint": "The specified location-constraint is not valid",
    "AccessControlListNotSupported": "The bucket does not allow ACLs",
    "MissingContentLength": "You must provide the Content-Length HTTP header.",
    "KeyTooLongError": "Your key is too long",
    "MalformedXML": "The XML you provided was not well-formed or did not validate against our published schema",
    "InsufficientStorage": "The studio's disk is full: free some space and try again.",
    "NoSuchTagSet": "The TagSet does not exist",
    "NoSuchBucketPolicy": "The bucket policy does not exist",
    "NoSuchCORSConfiguration": "The CORS configuration does not exist",
    "NoSuchLifecycleConfiguration": "The lifecycle configuration does not exist",
    "NoSuchWebsiteConfiguration": "The specified bucket does not have a website configuration",
    "ServerSideEncryptionConfigurationNotFoundError": "The server side encryption configuration was not found",
}


def s3_error(code: str, message: str | None = None, **members: object) -> ApiError:
    return ApiError(message or _SENTENCES[code], code=code, status=_STATUS.get(code, 400), members=members)
