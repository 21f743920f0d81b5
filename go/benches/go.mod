module github.com/sawlog/sawlog/go/benches

go 1.24

replace github.com/sawlog/sawlog/go => ../

require (
	github.com/elastic/go-grok v0.3.1
	github.com/sawlog/sawlog/go v0.0.0-00010101000000-000000000000
	github.com/vjeantet/grok v1.0.1
)

require github.com/magefile/mage v1.15.0 // indirect
