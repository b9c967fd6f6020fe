/** The vendors' pages that decide, each named once. */

const iam = 'https://docs.aws.amazon.com/IAM/latest/UserGuide'
const s3 = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide'
const sts = 'https://docs.aws.amazon.com/STS/latest/APIReference'
const azure = 'https://learn.microsoft.com/en-us/rest/api/storageservices'

export const pages = {
  accessDenied: `${iam}/troubleshoot_access-denied.html`,
  assumeRole: `${sts}/API_AssumeRole.html`,
  consistency: `${iam}/troubleshoot.html`,
  conditionKeys: `${iam}/reference_policies_condition-keys.html`,
  webIdentity: 'https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html',
  externalId: `${iam}/id_roles_create_for-user_externalid.html`,
  principal: `${iam}/reference_policies_elements_principal.html`,
  roleChaining: `${iam}/id_roles.html`,
  sessionTags: `${iam}/id_session-tags.html`,
  sourceIdentity: `${iam}/id_credentials_temp_control-access_monitor.html`,
  temporaryCredentials: `${iam}/id_credentials_temp_use-resources.html`,
  stsRegions: `${iam}/id_credentials_temp_enable-regions.html`,
  s3Denied: `${s3}/troubleshoot-403-errors.html`,
  ownership: `${s3}/about-object-ownership.html`,
  kmsForS3: `${s3}/UsingKMSEncryption.html`,
  multipart: `${s3}/mpuoverview.html`,
  conditionalWrites: `${s3}/conditional-writes.html`,
  checksums: `${s3}/checking-object-integrity.html`,
  listing: `${s3}/security_iam_service-with-iam.html`,
  objectLock: `${s3}/object-lock-managing.html`,
  encryptionDemanded: `${s3}/UsingServerSideEncryption.html`,
  publicAccess: `${s3}/access-control-block-public-access.html`,
  s3Errors: 'https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html',
  bucketOwner: `${s3}/bucket-owner-condition.html`,
  sas: `${azure}/create-service-sas`,
  storedPolicy: `${azure}/define-stored-access-policy`,
  blobErrors: `${azure}/blob-service-error-codes`,
  sasTroubleshooting:
    'https://learn.microsoft.com/en-us/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors',
} as const
