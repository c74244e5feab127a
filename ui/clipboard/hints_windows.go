package clipboard

// The first keeps monitors away; the two DWORDs keep it out of the clipboard
// history and out of the cloud.
var hints = []hint{
	{"ExcludeClipboardContentFromMonitorProcessing", make([]byte, 4)},
	{"CanIncludeInClipboardHistory", make([]byte, 4)},
	{"CanUploadToCloudClipboard", make([]byte, 4)},
}
