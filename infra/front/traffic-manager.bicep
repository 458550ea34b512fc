metadata description = 'Two Traffic Manager profiles, one for the streaming host names and one for the key delivery host names. Only where both sides own the public name and its certificate: docs/front.md.'

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

@description('Key delivery host name of the primary; empty for no profile.')
param primaryKeyHost string

@description('Key delivery host name of the secondary; empty for no profile.')
param secondaryKeyHost string

@description('Path of a mirrored asset\'s manifest.')
param probePath string

var primaryState = primaryEnabled ? 'Enabled' : 'Disabled'
var hasKeys = !empty(primaryKeyHost) && !empty(secondaryKeyHost)

resource streaming 'Microsoft.Network/trafficManagerProfiles@2022-04-01' = {
  name: 'traf-mirror-${token}'
  location: 'global'
  tags: tags
  properties: {
    profileStatus: 'Enabled'
    trafficRoutingMethod: 'Priority'
    dnsConfig: {
      relativeName: 'mirror-${token}'
      ttl: 30
    }
    monitorConfig: {
      protocol: 'HTTPS'
      port: 443
      path: probePath
      // The fast probe: three misses of ten seconds.
      intervalInSeconds: 10
      timeoutInSeconds: 5
      toleratedNumberOfFailures: 2
    }
    endpoints: [
      {
        name: 'primary'
        type: 'Microsoft.Network/trafficManagerProfiles/externalEndpoints'
        properties: {
          target: primaryStreamingHost
          priority: 1
          endpointStatus: primaryState
        }
      }
      {
        name: 'secondary'
        type: 'Microsoft.Network/trafficManagerProfiles/externalEndpoints'
        properties: {
          target: secondaryStreamingHost
          priority: 2
          endpointStatus: 'Enabled'
        }
      }
    ]
  }
}

resource keys 'Microsoft.Network/trafficManagerProfiles@2022-04-01' = if (hasKeys) {
  name: 'traf-mirror-keys-${token}'
  location: 'global'
  tags: tags
  properties: {
    profileStatus: 'Enabled'
    trafficRoutingMethod: 'Priority'
    dnsConfig: {
      relativeName: 'mirror-keys-${token}'
      ttl: 30
    }
    monitorConfig: {
      // Key delivery answers nobody without a token, so only the connection is tried.
      protocol: 'TCP'
      port: 443
      intervalInSeconds: 10
      timeoutInSeconds: 5
      toleratedNumberOfFailures: 2
    }
    endpoints: [
      {
        name: 'primary'
        type: 'Microsoft.Network/trafficManagerProfiles/externalEndpoints'
        properties: {
          target: primaryKeyHost
          priority: 1
          endpointStatus: primaryState
        }
      }
      {
        name: 'secondary'
        type: 'Microsoft.Network/trafficManagerProfiles/externalEndpoints'
        properties: {
          target: secondaryKeyHost
          priority: 2
          endpointStatus: 'Enabled'
        }
      }
    ]
  }
}

@description('Name that a CNAME record of your streaming host name points to.')
output streamingHost string = streaming.properties.dnsConfig.fqdn
