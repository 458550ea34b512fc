metadata description = 'Azure Front Door before both streaming endpoints: players see one name, the primary answers while its probe does, else the secondary. docs/front.md says what that means.'

@description('Ending of the names, unique to the environment.')
param token string

@description('Tags of every resource.')
param tags object

@description('Whether the primary is asked at all.')
param primaryEnabled bool

@description('Streaming host name of the primary.')
param primaryStreamingHost string

@description('Streaming host name of the secondary.')
param secondaryStreamingHost string

@description('Key delivery host name of the primary; empty for no route to it.')
param primaryKeyHost string

@description('Key delivery host name of the secondary; empty for no route to it.')
param secondaryKeyHost string

@description('Your own host name for players; empty for the name that Azure gives.')
param publicHost string

@description('Path of a mirrored asset\'s manifest.')
param probePath string

var keyPath = '/keys/*'
var primaryState = primaryEnabled ? 'Enabled' : 'Disabled'
var hasKeys = !empty(primaryKeyHost) && !empty(secondaryKeyHost)

resource profile 'Microsoft.Cdn/profiles@2024-02-01' = {
  name: 'afd-mirror-${token}'
  location: 'global'
  tags: tags
  sku: {
    name: 'Standard_AzureFrontDoor'
  }
  properties: {
    originResponseTimeoutSeconds: 60
  }
}

resource endpoint 'Microsoft.Cdn/profiles/afdEndpoints@2024-02-01' = {
  parent: profile
  name: 'mirror-${token}'
  location: 'global'
  tags: tags
  properties: {
    enabledState: 'Enabled'
  }
}

resource domain 'Microsoft.Cdn/profiles/customDomains@2024-02-01' = if (!empty(publicHost)) {
  parent: profile
  name: empty(publicHost) ? 'none' : replace(publicHost, '.', '-')
  properties: {
    hostName: publicHost
    tlsSettings: {
      certificateType: 'ManagedCertificate'
      minimumTlsVersion: 'TLS12'
    }
  }
}

resource streaming 'Microsoft.Cdn/profiles/originGroups@2024-02-01' = {
  parent: profile
  name: 'streaming'
  properties: {
    loadBalancingSettings: {
      sampleSize: 4
      successfulSamplesRequired: 3
      additionalLatencyInMilliseconds: 50
    }
    healthProbeSettings: {
      // The manifest says more than that something listens: the endpoint runs and reads its storage.
      probePath: probePath
      probeRequestType: 'GET'
      probeProtocol: 'Https'
      probeIntervalInSeconds: 30
    }
    sessionAffinityState: 'Disabled'
  }
}

resource streamingPrimary 'Microsoft.Cdn/profiles/originGroups/origins@2024-02-01' = {
  parent: streaming
  name: 'primary'
  properties: {
    hostName: primaryStreamingHost
    // A streaming endpoint answers to its own names only.
    originHostHeader: primaryStreamingHost
    httpPort: 80
    httpsPort: 443
    priority: 1
    weight: 1000
    enabledState: primaryState
    enforceCertificateNameCheck: true
  }
}

resource streamingSecondary 'Microsoft.Cdn/profiles/originGroups/origins@2024-02-01' = {
  parent: streaming
  name: 'secondary'
  properties: {
    hostName: secondaryStreamingHost
    originHostHeader: secondaryStreamingHost
    httpPort: 80
    httpsPort: 443
    priority: 2
    weight: 1000
    enabledState: 'Enabled'
    enforceCertificateNameCheck: true
  }
}

resource keys 'Microsoft.Cdn/profiles/originGroups@2024-02-01' = if (hasKeys) {
  parent: profile
  name: 'keys'
  properties: {
    loadBalancingSettings: {
      sampleSize: 4
      successfulSamplesRequired: 3
      additionalLatencyInMilliseconds: 50
    }
    // No probe: key delivery answers only those who have a token, and a probe counts no other answer than 200. The operator
    // turns this group over: docs/failover.md.
    sessionAffinityState: 'Disabled'
  }
}

resource keysPrimary 'Microsoft.Cdn/profiles/originGroups/origins@2024-02-01' = if (hasKeys) {
  parent: keys
  name: 'primary'
  properties: {
    hostName: primaryKeyHost
    originHostHeader: primaryKeyHost
    httpPort: 80
    httpsPort: 443
    priority: 1
    weight: 1000
    enabledState: primaryState
    enforceCertificateNameCheck: true
  }
}

resource keysSecondary 'Microsoft.Cdn/profiles/originGroups/origins@2024-02-01' = if (hasKeys) {
  parent: keys
  name: 'secondary'
  properties: {
    hostName: secondaryKeyHost
    originHostHeader: secondaryKeyHost
    httpPort: 80
    httpsPort: 443
    priority: 2
    weight: 1000
    enabledState: 'Enabled'
    enforceCertificateNameCheck: true
  }
}

resource streamingRoute 'Microsoft.Cdn/profiles/afdEndpoints/routes@2024-02-01' = {
  parent: endpoint
  name: 'streaming'
  properties: {
    originGroup: {
      id: streaming.id
    }
    customDomains: empty(publicHost) ? [] : [
      {
        id: domain.id
      }
    ]
    supportedProtocols: [
      'Https'
    ]
    patternsToMatch: [
      '/*'
    ]
    forwardingProtocol: 'HttpsOnly'
    httpsRedirect: 'Disabled'
    linkToDefaultDomain: 'Enabled'
    enabledState: 'Enabled'
    cacheConfiguration: {
      // Tokens and formats can stand in the query string.
      queryStringCachingBehavior: 'UseQueryString'
    }
  }
  dependsOn: [
    streamingPrimary
    streamingSecondary
  ]
}

// Licences and keys: never cached.
resource keysRoute 'Microsoft.Cdn/profiles/afdEndpoints/routes@2024-02-01' = if (hasKeys) {
  parent: endpoint
  name: 'keys'
  properties: {
    originGroup: {
      id: keys.id
    }
    customDomains: empty(publicHost) ? [] : [
      {
        id: domain.id
      }
    ]
    // What players ask for behind /keys/ is what key delivery has at its root.
    originPath: '/'
    supportedProtocols: [
      'Https'
    ]
    patternsToMatch: [
      keyPath
    ]
    forwardingProtocol: 'HttpsOnly'
    httpsRedirect: 'Disabled'
    linkToDefaultDomain: 'Enabled'
    enabledState: 'Enabled'
  }
  dependsOn: [
    keysPrimary
    keysSecondary
  ]
}

@description('Host name that players can use, and that a CNAME record of your own host name points to.')
output host string = endpoint.properties.hostName
