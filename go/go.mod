module github.com/sawlog/sawlog/go

go 1.24
