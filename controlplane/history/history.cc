// SPDX-License-Identifier: Apache-2.0
#include "controlplane/history/history.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "config/json_member.h"

namespace mimir::controlplane {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE windows (
  granularity_s INTEGER NOT NULL, begin_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
  partial INTEGER NOT NULL, has_data INTEGER NOT NULL, alarm INTEGER NOT NULL,
  score REAL NOT NULL, threshold REAL NOT NULL, loss_ratio REAL NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (granularity_s, begin_ns)) STRICT, WITHOUT ROWID;
CREATE INDEX windows_by_end ON windows (end_ns);
CREATE TABLE incidents (
  id TEXT PRIMARY KEY, dedup_key TEXT NOT NULL, detector TEXT NOT NULL, severity INTEGER NOT NULL,
  state TEXT NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
  count INTEGER NOT NULL, told INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE records (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, time_ns INTEGER NOT NULL, state TEXT NOT NULL,
  held_back INTEGER NOT NULL, line TEXT NOT NULL) STRICT;
CREATE INDEX records_by_id ON records (id);
CREATE TABLE labels (
  id TEXT PRIMARY KEY, label TEXT NOT NULL, reason TEXT NOT NULL, time_ns INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
)";

/// What format 2 has more than format 1.
constexpr const char* kShadowSchema = R"(
CREATE TABLE shadows (
  active TEXT NOT NULL, candidate TEXT NOT NULL, granularity_s INTEGER NOT NULL,
  begin_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, partial INTEGER NOT NULL,
  active_has_data INTEGER NOT NULL, active_alarm INTEGER NOT NULL, active_score REAL NOT NULL,
  active_threshold REAL NOT NULL, active_reason TEXT NOT NULL,
  candidate_has_data INTEGER NOT NULL, candidate_alarm INTEGER NOT NULL,
  candidate_score REAL NOT NULL, candidate_threshold REAL NOT NULL,
  candidate_reason TEXT NOT NULL,
  PRIMARY KEY (candidate, active, granularity_s, begin_ns)) STRICT, WITHOUT ROWID;
CREATE INDEX shadows_by_end ON shadows (end_ns);
)";

constexpr const char* kIncidentColumns =
    "SELECT i.id, dedup_key, detector, severity, state, first_ns, last_ns, count, told, "
    "coalesce(label, ''), coalesce(reason, '') FROM incidents i LEFT JOIN labels l ON i.id = l.id ";

HistoryIncident read_incident(const Statement& row) {
  return {.id = row.text(0),
          .key = row.text(1),
          .detector = row.text(2),
          .severity = static_cast<std::uint8_t>(row.integer(3)),
          .state = row.text(4),
          .first_ns = row.integer(5),
          .last_ns = row.integer(6),
          .count = static_cast<std::uint64_t>(row.integer(7)),
          .is_told = row.integer(8) != 0,
          .label = row.text(9),
          .reason = row.text(10)};
}

std::int64_t to_sql(bool value) { return value ? 1 : 0; }

/// Why a model alarmed; empty if it did not.
std::string reason_of(const Judgement& judgement) {
  if (!judgement.is_alarm) return {};
  return config::to_text(config::Json::object()
                             .set("where", judgement.where)
                             .set("invariant", judgement.invariant)
                             .set("contribution", judgement.contribution));
}

void bind(Statement& statement, const Judgement& judgement) {
  statement.bind(to_sql(judgement.has_data))
      .bind(to_sql(judgement.is_alarm))
      .bind(judgement.score)
      .bind(judgement.threshold);
}

/// Five columns from `column` on.
Judgement read_judgement(const Statement& row, int column) {
  Judgement judgement{.score = row.real(column + 2),
                      .threshold = row.real(column + 3),
                      .has_data = row.integer(column) != 0,
                      .is_alarm = row.integer(column + 1) != 0};
  const std::string reason = row.text(column + 4);
  config::Diagnostics ignored;
  const auto json = reason.empty() ? std::nullopt : config::parse_json(reason, "history", ignored);
  if (!json) return judgement;
  judgement.where = text_of(*json, "where");
  judgement.invariant = text_of(*json, "invariant");
  judgement.contribution = number_of(*json, "contribution");
  return judgement;
}

}  // namespace

std::unique_ptr<History> History::create(const std::string& path, std::string& fault) {
  auto database = Database::open(path, Database::Access::kCreate, fault);
  if (database == nullptr) return nullptr;
  std::unique_ptr<History> history(new History(std::move(database)));
  Database& file = *history->database_;
  // Vacuuming must be chosen before there is a table.
  bool is_well = file.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;") &&
                 file.execute("PRAGMA synchronous = NORMAL;");
  is_well = is_well && history->migrate();
  const std::int64_t version = history->pragma("PRAGMA user_version");
  if (is_well && version != kFormatVersion) {
    fault = fmt::format("its format is {}, this program's {}", version, kFormatVersion);
    return nullptr;
  }
  if (is_well) return history;
  fault = history->fault();
  return nullptr;
}

std::unique_ptr<History> History::open(const std::string& path, std::string& fault) {
  auto database = Database::open(path, Database::Access::kReadWrite, fault);
  if (database == nullptr) return nullptr;
  std::unique_ptr<History> history(new History(std::move(database)));
  const bool is_well = history->pragma("PRAGMA user_version") == 0 || history->migrate();
  const std::int64_t version = history->pragma("PRAGMA user_version");
  if (is_well && version == kFormatVersion) return history;
  fault = version == 0
              ? "it is no history of mimir"
              : fmt::format("its format is {}, this program's {}", version, kFormatVersion);
  return nullptr;
}

// Another process may do the same at this moment: the version is asked for behind the lock.
// Where it fails, nobody uses the file any further, which takes back what was begun.
bool History::migrate() {
  if (!begin()) return false;
  const std::int64_t version = pragma("PRAGMA user_version");
  bool is_well = true;
  if (version == 0) is_well = database_->execute(kSchema);
  if (is_well && version < kFormatVersion) {
    is_well = database_->execute(kShadowSchema) &&
              database_->execute(fmt::format("PRAGMA user_version = {}", kFormatVersion).c_str());
  }
  return is_well && commit();
}

std::int64_t History::pragma(const char* sql) {
  Statement statement = database_->prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

bool History::add(const HistoryWindow& window) {
  return database_->prepare("INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(std::int64_t{window.granularity_s})
      .bind(window.begin_ns)
      .bind(window.end_ns)
      .bind(to_sql(window.is_partial))
      .bind(to_sql(window.has_data))
      .bind(to_sql(window.is_alarm))
      .bind(window.score)
      .bind(window.threshold)
      .bind(window.loss_ratio)
      .bind(window.detail)
      .run();
}

bool History::add(const IncidentRecord& record) {
  const std::string_view state = name(record.state);
  const std::string line = config::to_text(record.line);
  const bool is_added = database_->prepare("INSERT INTO records VALUES (NULL, ?, ?, ?, ?, ?)")
                            .bind(record.id)
                            .bind(record.time_ns)
                            .bind(state)
                            .bind(to_sql(record.is_held_back))
                            .bind(line)
                            .run();
  if (!is_added || record.state == IncidentState::kNotice) return is_added;
  return database_
      ->prepare(
          "INSERT INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
          "SET severity = min(severity, excluded.severity), state = excluded.state, first_ns = "
          "min(first_ns, excluded.first_ns), last_ns = max(last_ns, excluded.last_ns), "
          "count = max(count, excluded.count), told = max(told, excluded.told)")
      .bind(record.id)
      .bind(record.key)
      .bind(record.detector)
      .bind(std::int64_t{record.severity})
      .bind(record.state == IncidentState::kClosed ? "closed" : "open")
      .bind(record.first_ns)
      .bind(record.last_ns)
      .bind(static_cast<std::int64_t>(record.sighting_count))
      .bind(to_sql(!record.is_held_back))
      .run();
}

bool History::add(const ShadowJudgement& judgement) {
  const JudgedTwice& window = judgement.window;
  const std::string active_reason = reason_of(window.first);
  const std::string candidate_reason = reason_of(window.second);
  Statement statement = database_->prepare(
      "INSERT OR REPLACE INTO shadows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  statement.bind(judgement.active_digest)
      .bind(judgement.candidate_digest)
      .bind(std::int64_t{window.granularity_s})
      .bind(window.begin_ns)
      .bind(window.end_ns)
      .bind(to_sql(window.is_partial));
  bind(statement, window.first);
  statement.bind(active_reason);
  bind(statement, window.second);
  return statement.bind(candidate_reason).run();
}

bool History::label(std::string_view id, std::string_view label, std::string_view reason,
                    TimeNs time_ns) {
  return database_
             ->prepare(
                 "INSERT OR REPLACE INTO labels SELECT id, ?, ?, ? FROM incidents "
                 "WHERE id = ?")
             .bind(label)
             .bind(reason)
             .bind(time_ns)
             .bind(id)
             .run() &&
         database_->changed() == 1;
}

bool History::forget(TimeNs before_ns) {
  return begin() &&
         database_->prepare("DELETE FROM windows WHERE end_ns < ?").bind(before_ns).run() &&
         database_->prepare("DELETE FROM shadows WHERE end_ns < ?").bind(before_ns).run() &&
         database_->prepare("DELETE FROM incidents WHERE last_ns < ? AND state = 'closed'")
             .bind(before_ns)
             .run() &&
         database_
             ->prepare(
                 "DELETE FROM records WHERE time_ns < ? AND id NOT IN "
                 "(SELECT id FROM incidents)")
             .bind(before_ns)
             .run() &&
         database_->execute("DELETE FROM labels WHERE id NOT IN (SELECT id FROM incidents)") &&
         commit() && database_->execute("PRAGMA incremental_vacuum");
}

std::uint64_t History::bytes() {
  return static_cast<std::uint64_t>(
      pragma("PRAGMA page_size") * (pragma("PRAGMA page_count") - pragma("PRAGMA freelist_count")));
}

bool History::shrink(std::uint64_t bytes_max) {
  bool is_well = true;
  while (is_well && bytes() > bytes_max) {
    // A twentieth at a time, so that it is not done at every window.
    const std::int64_t bound_ns = pragma(
        "SELECT coalesce(min(end_ns) + (max(end_ns) - min(end_ns)) / 20, -1) FROM "
        "(SELECT end_ns FROM windows UNION ALL SELECT end_ns FROM shadows)");
    is_well = database_->prepare("DELETE FROM windows WHERE end_ns <= ?").bind(bound_ns).run();
    std::int64_t gone = database_->changed();
    is_well =
        is_well && database_->prepare("DELETE FROM shadows WHERE end_ns <= ?").bind(bound_ns).run();
    gone += database_->changed();
    if (gone == 0) break;
  }
  return is_well && database_->execute("PRAGMA incremental_vacuum");
}

std::vector<HistoryIncident> History::incidents(std::string_view state, std::uint64_t count_max) {
  Statement rows =
      database_->prepare(std::string(kIncidentColumns) +
                         "WHERE ?1 = '' OR state = ?1 ORDER BY first_ns DESC, i.id DESC LIMIT ?2");
  rows.bind(state).bind(static_cast<std::int64_t>(count_max));
  std::vector<HistoryIncident> all;
  while (rows.step()) all.push_back(read_incident(rows));
  return all;
}

std::optional<HistoryIncident> History::incident(std::string_view id) {
  Statement rows = database_->prepare(std::string(kIncidentColumns) +
                                      "WHERE substr(i.id, 1, length(?1)) = ?1 LIMIT 2");
  rows.bind(id);
  if (id.empty() || !rows.step()) return std::nullopt;
  HistoryIncident incident = read_incident(rows);
  if (rows.step() && incident.id != id) return std::nullopt;
  return incident;
}

std::vector<std::string> History::records(std::string_view id) {
  Statement rows = database_->prepare("SELECT line FROM records WHERE id = ? ORDER BY seq");
  rows.bind(id);
  std::vector<std::string> lines;
  while (rows.step()) lines.push_back(rows.text(0));
  return lines;
}

std::vector<HistoryWindow> History::windows(TimeNs begin_ns) {
  Statement rows = database_->prepare(
      "SELECT granularity_s, begin_ns, end_ns, partial, has_data, alarm, score, threshold, "
      "loss_ratio FROM windows WHERE begin_ns >= ? ORDER BY granularity_s, begin_ns");
  rows.bind(begin_ns);
  std::vector<HistoryWindow> all;
  while (rows.step()) {
    all.push_back({.begin_ns = rows.integer(1),
                   .end_ns = rows.integer(2),
                   .granularity_s = static_cast<std::uint32_t>(rows.integer(0)),
                   .is_partial = rows.integer(3) != 0,
                   .has_data = rows.integer(4) != 0,
                   .is_alarm = rows.integer(5) != 0,
                   .score = rows.real(6),
                   .threshold = rows.real(7),
                   .loss_ratio = rows.real(8)});
  }
  return all;
}

std::optional<std::vector<WindowSummary>> History::summaries(const HistorySpan& span) {
  Statement rows = database_->prepare(
      "SELECT granularity_s, begin_ns, json_remove(detail, '$.capture', '$.edges', "
      "'$.intercept', '$.other', '$.contributions', '$.path') FROM windows WHERE begin_ns >= ? AND "
      "begin_ns < ? AND end_ns <= ? AND "
      "?4 IN (0, granularity_s) ORDER BY end_ns DESC, granularity_s DESC LIMIT ?5");
  rows.bind(span.from_ns)
      .bind(span.to_ns)
      .bind(span.ended_ns)
      .bind(std::int64_t{span.granularity_s})
      .bind(static_cast<std::int64_t>(span.count_max));
  std::vector<WindowSummary> all;
  std::size_t bytes = 0;
  while (rows.step()) {
    WindowSummary one{.granularity_s = static_cast<std::uint32_t>(rows.integer(0)),
                      .begin_ns = rows.integer(1),
                      .json = rows.text(2)};
    bytes += one.json.size();
    all.push_back(std::move(one));
    if (bytes > span.bytes_max) break;
  }
  if (!rows.is_well()) return std::nullopt;
  std::reverse(all.begin(), all.end());
  return all;
}

std::optional<std::vector<std::string>> History::told(const HistorySpan& span) {
  Statement rows = database_->prepare(
      "SELECT line FROM records WHERE held_back = 0 AND time_ns >= ? AND time_ns < ? "
      "ORDER BY seq DESC LIMIT ?");
  rows.bind(span.from_ns).bind(span.to_ns).bind(static_cast<std::int64_t>(span.count_max));
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  while (rows.step()) {
    lines.push_back(rows.text(0));
    bytes += lines.back().size();
    if (bytes > span.bytes_max) break;
  }
  if (!rows.is_well()) return std::nullopt;
  std::reverse(lines.begin(), lines.end());
  return lines;
}

std::string History::detail(std::uint32_t granularity_s, TimeNs begin_ns) {
  Statement row =
      database_->prepare("SELECT detail FROM windows WHERE granularity_s = ? AND begin_ns = ?");
  row.bind(std::int64_t{granularity_s}).bind(begin_ns);
  return row.step() ? row.text(0) : std::string();
}

std::vector<ShadowJudgement> History::shadows() {
  Statement rows = database_->prepare(
      "SELECT active, candidate, granularity_s, begin_ns, end_ns, partial, active_has_data, "
      "active_alarm, active_score, active_threshold, active_reason, candidate_has_data, "
      "candidate_alarm, candidate_score, candidate_threshold, candidate_reason FROM shadows "
      "ORDER BY end_ns, granularity_s, candidate, active");
  std::vector<ShadowJudgement> all;
  while (rows.step()) {
    all.push_back({.window = {.begin_ns = rows.integer(3),
                              .end_ns = rows.integer(4),
                              .granularity_s = static_cast<std::uint32_t>(rows.integer(2)),
                              .is_partial = rows.integer(5) != 0,
                              .first = read_judgement(rows, 6),
                              .second = read_judgement(rows, 11)},
                   .active_digest = rows.text(0),
                   .candidate_digest = rows.text(1)});
  }
  return all;
}

std::vector<HistoryCoverage> History::coverage() {
  Statement rows = database_->prepare(
      "SELECT granularity_s, count(*), min(begin_ns), max(end_ns) FROM windows "
      "GROUP BY granularity_s ORDER BY granularity_s");
  std::vector<HistoryCoverage> all;
  while (rows.step()) {
    all.push_back({.granularity_s = static_cast<std::uint32_t>(rows.integer(0)),
                   .window_count = static_cast<std::uint64_t>(rows.integer(1)),
                   .begin_ns = rows.integer(2),
                   .end_ns = rows.integer(3)});
  }
  return all;
}

std::optional<std::vector<HistoryEdge>> History::edges(std::string_view source,
                                                       std::string_view target) {
  Statement rows = database_->prepare(
      "SELECT granularity_s, json_extract(value, '$.src') AS src, json_extract(value, '$.dst') AS "
      "dst, count(*), sum(alarm), min(begin_ns), max(end_ns) FROM windows, "
      "json_each(detail, '$.edges') WHERE src = ? OR dst = ? GROUP BY granularity_s, src, dst "
      "ORDER BY granularity_s, src, dst");
  rows.bind(source).bind(target);
  std::vector<HistoryEdge> all;
  while (rows.step()) {
    all.push_back({.granularity_s = static_cast<std::uint32_t>(rows.integer(0)),
                   .source = rows.text(1),
                   .target = rows.text(2),
                   .window_count = static_cast<std::uint64_t>(rows.integer(3)),
                   .alarm_count = static_cast<std::uint64_t>(rows.integer(4)),
                   .begin_ns = rows.integer(5),
                   .end_ns = rows.integer(6)});
  }
  if (!rows.is_well()) return std::nullopt;
  return all;
}

std::uint64_t History::cut_window_count() {
  return static_cast<std::uint64_t>(
      pragma("SELECT count(*) FROM windows WHERE json_extract(detail, '$.edge_count') > "
             "json_array_length(detail, '$.edges')"));
}

bool History::each_alarm(const std::function<void(const std::string&)>& visit) {
  Statement rows = database_->prepare(
      "SELECT detail FROM windows WHERE alarm = 1 ORDER BY end_ns, granularity_s");
  while (rows.step()) visit(rows.text(0));
  return rows.is_well();
}

TimeNs History::newest_ns() { return pragma("SELECT coalesce(max(end_ns), 0) FROM windows"); }

}  // namespace mimir::controlplane
