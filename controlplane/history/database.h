// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace mimir::controlplane {

/// A statement with `?` for values, run row by row. What fails leaves its reason with the
/// database, and every further call does nothing.
///
/// Threads: those of its database.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  Statement& bind(std::int64_t value);
  Statement& bind(double value);  ///< NaN becomes NULL
  Statement& bind(std::string_view text);

  /// Whether there is a row. If not, is_well() says whether that was the end.
  [[nodiscard]] bool step();
  [[nodiscard]] bool is_well() const { return is_well_; }
  /// For what returns no row. False: it failed.
  [[nodiscard]] bool run();

  // Columns of the row, from the left.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;  ///< NULL is NaN
  [[nodiscard]] std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
  bool is_well_ = true;
};

/// An SQLite file. The only code that sees the library.
///
/// Threads: one owner. Other processes may read and write it at the same time (WAL).
class Database {
 public:
  enum class Access : std::uint8_t { kCreate, kReadWrite };

  /// Null, with the reason in `fault`.
  [[nodiscard]] static std::unique_ptr<Database> open(const std::string& path, Access access,
                                                      std::string& fault);

  /// Statements without values, one behind the other.
  [[nodiscard]] bool execute(const char* sql);
  [[nodiscard]] Statement prepare(std::string_view sql) { return {database_.get(), sql}; }
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changed() const;
  /// What went wrong last.
  [[nodiscard]] std::string fault() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace mimir::controlplane
