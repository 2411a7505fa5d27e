// SPDX-License-Identifier: Apache-2.0
#include "controlplane/history/database.h"

#include <cerrno>
#include <cstring>
#include <limits>
#include <sqlite3.h>
#include <sys/stat.h>

namespace mimir::controlplane {

namespace {

/// In KiB of each connection: what is written is seldom read again, and Linux has the file's pages.
constexpr const char* kCacheSize = "PRAGMA cache_size = -256";

/// How long another process may hold the file before a statement fails.
constexpr int kPatienceMs = 5000;
constexpr mode_t kNotForOthers = 0027;

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  (void)sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  is_well_ = sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement,
                                nullptr) == SQLITE_OK;
  statement_.reset(statement);
}

Statement& Statement::bind(std::int64_t value) {
  is_well_ = is_well_ && sqlite3_bind_int64(statement_.get(), next_++, value) == SQLITE_OK;
  return *this;
}

Statement& Statement::bind(double value) {
  is_well_ = is_well_ && sqlite3_bind_double(statement_.get(), next_++, value) == SQLITE_OK;
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  is_well_ = is_well_ && sqlite3_bind_text64(statement_.get(), next_++, text.data(), text.size(),
                                             nullptr, SQLITE_UTF8) == SQLITE_OK;
  return *this;
}

bool Statement::step() {
  if (!is_well_) return false;
  const int code = sqlite3_step(statement_.get());
  is_well_ = code == SQLITE_ROW || code == SQLITE_DONE;
  return code == SQLITE_ROW;
}

bool Statement::run() {
  is_well_ = is_well_ && sqlite3_step(statement_.get()) == SQLITE_DONE;
  (void)sqlite3_reset(statement_.get());
  next_ = 1;
  return is_well_;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* const blob = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return blob == nullptr ? std::string() : std::string(blob, size);
}

void Database::Close::operator()(sqlite3* database) const { (void)sqlite3_close_v2(database); }

std::unique_ptr<Database> Database::open(const std::string& path, Access access,
                                         std::string& fault) {
  const int flags = SQLITE_OPEN_READWRITE | (access == Access::kCreate ? SQLITE_OPEN_CREATE : 0);
  sqlite3* raw = nullptr;
  const mode_t mask = umask(kNotForOthers);
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  (void)umask(mask);
  std::unique_ptr<Database> database(new Database(raw));
  if (code != SQLITE_OK) {
    const int error = raw == nullptr ? ENOMEM : sqlite3_system_errno(raw);
    fault = error == 0 ? sqlite3_errmsg(raw) : std::strerror(error);
    return nullptr;
  }
  (void)sqlite3_busy_timeout(raw, kPatienceMs);
  (void)database->execute(kCacheSize);
  return database;
}

bool Database::execute(const char* sql) {
  return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::int64_t Database::changed() const { return sqlite3_changes64(database_.get()); }

std::string Database::fault() const { return sqlite3_errmsg(database_.get()); }

}  // namespace mimir::controlplane
