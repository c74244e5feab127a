package credentials

// NewQuickFile is a File whose passphrase is cheap to check, and to guess.
func NewQuickFile(path string) *File { return &File{path: path, work: 10} }
