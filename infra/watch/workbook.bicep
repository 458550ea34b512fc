metadata description = 'The workbook: how far behind, how long blind, what waits, what failed.'

@description('Region of the log.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource ID of Application Insights.')
param insightsId string

resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = {
  name: guid(insightsId, 'media-mirror')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'media-mirror'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: insightsId
    serializedData: replace(loadTextContent('workbook.json'), '{insightsId}', insightsId)
  }
}
