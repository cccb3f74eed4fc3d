package main

import (
	"fmt"
	"net"
	"net/http"

	"go.uber.org/zap"
	"google.golang.org/grpc"
)

// listeners are the server's four ports.
type listeners struct {
	grpc []*grpc.Server
	http []*http.Server
}

// listen opens the ports in Nakama's order; one that is in use is fatal.
func listen(logger *zap.Logger, s *settings) *listeners {
	l := &listeners{}
	api, console := s.number("socket.port"), s.number("console.port")
	address, consoleAddress := s.text("socket.address"), s.text("console.address")

	logger.Info("Starting API server for gRPC requests", zap.Int("port", api-1))
	l.serveGRPC(open(logger, address, api-1, "API server listener failed to start"))
	logger.Info("Starting API server gateway for HTTP requests", zap.Int("port", api))
	l.serveHTTP(open(logger, address, api, "API server gateway listener failed to start"))
	logger.Info("Starting Console server for gRPC requests", zap.Int("port", console-3))
	l.serveGRPC(open(logger, consoleAddress, console-3, "Console server listener failed to start"))
	logger.Info("Starting Console server gateway for HTTP requests", zap.Int("port", console))
	l.serveHTTP(open(logger, consoleAddress, console, "Console server gateway listener failed"))
	return l
}

func open(logger *zap.Logger, address string, port int, failure string) net.Listener {
	listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", address, port))
	if err != nil {
		logger.Fatal(failure, zap.Error(err))
	}
	return listener
}

func (l *listeners) serveGRPC(listener net.Listener) {
	server := grpc.NewServer()
	l.grpc = append(l.grpc, server)
	go func() { _ = server.Serve(listener) }()
}

func (l *listeners) serveHTTP(listener net.Listener) {
	paths := http.NewServeMux()
	paths.HandleFunc("/healthcheck", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	})
	paths.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.Error(w, unserved(r.URL.Path).Error(), http.StatusNotImplemented)
		}
	})
	server := &http.Server{Handler: paths}
	l.http = append(l.http, server)
	go func() { _ = server.Serve(listener) }()
}

func (l *listeners) stop() {
	for _, server := range l.http {
		_ = server.Close()
	}
	for _, server := range l.grpc {
		server.Stop()
	}
}
