package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/zap"
)

const (
	pingLimit       = 15 * time.Second
	noSuchDatabase  = "3D000"
	noSuchTable     = "42P01"
	databaseMissing = "does not exist (SQLSTATE 3D000)"
)

// migrations are the twin's own schema: enough tables to find it migrated. Nakama's
// is another, so a database belongs to one of the two.
var migrations = []struct{ id, statement string }{
	{"twin-1-users.sql", `CREATE TABLE users (
		id UUID PRIMARY KEY,
		username VARCHAR(128) NOT NULL UNIQUE,
		metadata JSONB NOT NULL DEFAULT '{}',
		create_time TIMESTAMPTZ NOT NULL DEFAULT now())`},
	{"twin-2-storage.sql", `CREATE TABLE storage (
		collection VARCHAR(128) NOT NULL,
		key VARCHAR(128) NOT NULL,
		user_id UUID NOT NULL,
		value JSONB NOT NULL DEFAULT '{}',
		version VARCHAR(32) NOT NULL,
		PRIMARY KEY (collection, key, user_id))`},
}

const migrationTable = `CREATE TABLE IF NOT EXISTS migration_info (
	id TEXT PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())`

func redacted(logger *zap.Logger, s *settings) []string {
	found := []string{}
	for _, address := range s.values["database.address"] {
		parsed, err := url.Parse("postgres://" + address)
		if err != nil {
			logger.Fatal("Bad connection URL", zap.Error(err))
		}
		found = append(found, strings.TrimPrefix(parsed.Redacted(), "postgres://"))
	}
	return found
}

func connection(logger *zap.Logger, s *settings) *pgx.ConnConfig {
	if len(s.values["database.address"]) == 0 {
		logger.Fatal("At least one database address must be specified")
	}
	address := s.text("database.address")
	if !strings.HasPrefix(address, "postgresql://") && !strings.HasPrefix(address, "postgres://") {
		address = "postgres://" + address
	}
	parsed, err := url.Parse(address)
	if err != nil {
		logger.Fatal("Bad database connection URL", zap.Error(err))
	}
	query := parsed.Query()
	if query.Get("sslmode") == "" {
		query.Set("sslmode", "prefer")
		parsed.RawQuery = query.Encode()
	}
	if parsed.User.Username() == "" {
		parsed.User = url.User("root")
	}
	if parsed.Path == "" {
		parsed.Path = "/nakama"
	}
	config, err := pgx.ParseConfig(parsed.String())
	if err != nil {
		logger.Fatal("Bad database connection URL", zap.Error(err))
	}
	return config
}

func connect(logger *zap.Logger, s *settings, create bool) *sql.DB {
	config := connection(logger, s)
	if create {
		createDatabase(logger, config)
	}
	db := stdlib.OpenDB(*config)
	ctx, cancel := context.WithTimeout(context.Background(), pingLimit)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		if strings.HasSuffix(err.Error(), databaseMissing) {
			logger.Fatal("Database schema not found, run `nakama migrate up`", zap.Error(err))
		}
		logger.Fatal("Error pinging database", zap.Error(err))
	}
	var server string
	if err := db.QueryRowContext(ctx, "SELECT version()").Scan(&server); err != nil {
		logger.Fatal("Error querying database version", zap.Error(err))
	}
	logger.Info("Database information", zap.String("version", server))
	return db
}

func createDatabase(logger *zap.Logger, config *pgx.ConnConfig) {
	db := stdlib.OpenDB(*config)
	defer db.Close()
	var exists bool
	query := "SELECT count(*) > 0 FROM pg_database WHERE datname = $1"
	err := db.QueryRow(query, config.Database).Scan(&exists)
	if err != nil && !isState(err, noSuchDatabase) {
		logger.Fatal("Failed to check if db exists", zap.String("db", config.Database), zap.Error(err))
	}
	if exists {
		return
	}
	logger.Info("Creating new database", zap.String("name", config.Database))
	unnamed := config.Copy()
	unnamed.Database = ""
	server := stdlib.OpenDB(*unnamed)
	defer server.Close()
	if _, err := server.Exec("CREATE DATABASE " + pgx.Identifier{config.Database}.Sanitize()); err != nil {
		logger.Fatal("Failed to create database", zap.Error(err))
	}
}

// migrate runs "migrate up". Without a subcommand it panics, as Nakama does, which
// ends it with exit code 0.
func migrate(logger *zap.Logger, arguments []string) {
	s := parseSettings(logger, arguments[1:])
	db := connect(logger, s, true)
	defer db.Close()
	switch arguments[0] {
	case "up":
	case "down", "redo", "status":
		logger.Fatal("The twin server serves only `migrate up`")
	default:
		logger.Fatal("Unrecognized migrate subcommand. Available commands are: 'up', 'down', 'redo', 'status'.")
	}
	limit := s.number("limit")
	logger.Info("Applying database migrations", zap.Int("limit", max(limit, -1)))
	count, err := applyMigrations(db, limit)
	if err != nil {
		logger.Fatal("Failed to apply migrations", zap.Int("count", count), zap.Error(err))
	}
	logger.Info("Successfully applied migration", zap.Int("count", count))
}

func applyMigrations(db *sql.DB, limit int) (int, error) {
	if _, err := db.Exec(migrationTable); err != nil {
		return 0, err
	}
	count := 0
	for _, migration := range migrations {
		if limit > 0 && count == limit {
			break
		}
		applied, err := applyMigration(db, migration.id, migration.statement)
		if err != nil {
			return count, err
		}
		if applied {
			count++
		}
	}
	return count, nil
}

func applyMigration(db *sql.DB, id, statement string) (bool, error) {
	transaction, err := db.Begin()
	if err != nil {
		return false, err
	}
	defer func() { _ = transaction.Rollback() }()
	insert := "INSERT INTO migration_info (id) VALUES ($1) ON CONFLICT DO NOTHING"
	result, err := transaction.Exec(insert, id)
	if err != nil {
		return false, err
	}
	if rows, err := result.RowsAffected(); err != nil || rows == 0 {
		return false, err
	}
	if _, err := transaction.Exec(statement); err != nil {
		return false, err
	}
	return true, transaction.Commit()
}

func checkSchema(logger *zap.Logger, db *sql.DB) {
	var applied int
	err := db.QueryRow("SELECT count(*) FROM migration_info").Scan(&applied)
	if err != nil && !isState(err, noSuchTable) {
		logger.Fatal("Could not get migration records, run `nakama migrate up`", zap.Error(err))
	}
	if missing := len(migrations) - applied; missing > 0 {
		logger.Fatal("DB schema outdated, run `nakama migrate up`", zap.Int("migrations", missing))
	}
}

func isState(err error, code string) bool {
	var failure *pgconn.PgError
	return errors.As(err, &failure) && failure.Code == code
}
