// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/alert/incident_book.h"
#include "controlplane/history/database.h"
#include "controlplane/shadow/judged_twice.h"
#include "dataplane/record/time.h"

namespace mimir::controlplane {

/// A judged window, as it is remembered.
struct HistoryWindow {
  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
  std::uint32_t granularity_s = 0;
  bool is_partial = false;
  bool has_data = true;
  bool is_alarm = false;
  double score = 0;
  double threshold = 0;
  double loss_ratio = 0;
  std::string detail{};  ///< JSON: the window as the API shows it, its most excessive edges
};

/// An incident as its last record left it.
struct HistoryIncident {
  std::string id;
  std::string key;
  std::string detector;
  std::uint8_t severity = 1;
  std::string state;  ///< "open", "closed"
  TimeNs first_ns = 0;
  TimeNs last_ns = 0;
  std::uint64_t count = 0;
  bool is_told = false;  ///< a record of it went to the sinks; not if all of it was held back
  std::string label;     ///< "benign", "malicious"; empty: nobody said
  std::string reason;    ///< of the label
};

/// What of the past is asked for: the last `count_max` of what lies in [from_ns, to_ns), windows
/// by their beginning.
struct HistorySpan {
  TimeNs from_ns = 0;
  TimeNs to_ns = std::numeric_limits<TimeNs>::max();
  TimeNs ended_ns = std::numeric_limits<TimeNs>::max();  ///< of windows: their ends at most
  std::uint32_t granularity_s = 0;                       ///< of windows; 0: any
  std::size_t count_max = 0;
  /// Of their texts: the one that exceeds it is the last.
  std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
};

/// What there is of windows of one length.
struct HistoryCoverage {
  std::uint32_t granularity_s = 0;
  std::uint64_t window_count = 0;
  TimeNs begin_ns = 0;  ///< of the oldest
  TimeNs end_ns = 0;    ///< of the newest
};

/// What the windows of one length remember of an edge between services.
struct HistoryEdge {
  std::uint32_t granularity_s = 0;
  std::string source{};
  std::string target{};
  std::uint64_t window_count = 0;  ///< that have it
  std::uint64_t alarm_count = 0;   ///< of these, those above their threshold
  TimeNs begin_ns = 0;             ///< of the oldest
  TimeNs end_ns = 0;               ///< of the newest

  friend bool operator==(const HistoryEdge&, const HistoryEdge&) = default;
};

/// A window as the API lists it.
struct WindowSummary {
  std::uint32_t granularity_s = 0;
  TimeNs begin_ns = 0;
  std::string json{};  ///< without edges, contributions and ledger
};

/// What the windows and incidents were, and what people said of them, in one SQLite file
/// that commands may read and label while the appliance writes it.
///
/// Tables: windows (granularity_s, begin_ns), incidents (id), records (seq: every record of
/// an incident as it was told, and those held back: over the rate, or suppressed), labels (id),
/// shadows (of two models: granularity_s, begin_ns). Times are in ns since 1970, of packets; a
/// label's is the wall clock's. `user_version` is the format's: 2 has shadows; a file of 1 gets
/// them.
///
/// Threads: one owner. False: it failed, and fault() says why.
class History {
 public:
  static constexpr int kFormatVersion = 2;

  /// Made if it is not there. Null, with the reason in `fault`.
  [[nodiscard]] static std::unique_ptr<History> create(const std::string& path, std::string& fault);
  /// One that is there.
  [[nodiscard]] static std::unique_ptr<History> open(const std::string& path, std::string& fault);

  [[nodiscard]] bool begin() { return database_->execute("BEGIN IMMEDIATE"); }
  [[nodiscard]] bool commit() { return database_->execute("COMMIT"); }
  void roll_back() { (void)database_->execute("ROLLBACK"); }

  [[nodiscard]] bool add(const HistoryWindow& window);
  [[nodiscard]] bool add(const IncidentRecord& record);
  [[nodiscard]] bool add(const ShadowJudgement& judgement);
  /// False too if there is no such incident.
  [[nodiscard]] bool label(std::string_view id, std::string_view label, std::string_view reason,
                           TimeNs time_ns);

  /// Forgets windows, judged by whom ever, and closed incidents that ended before `before_ns`.
  [[nodiscard]] bool forget(TimeNs before_ns);
  /// Forgets the oldest windows, and what candidates made of them, until it is no larger, or
  /// has none.
  [[nodiscard]] bool shrink(std::uint64_t bytes_max);
  [[nodiscard]] std::uint64_t bytes();

  /// The newest first; an empty `state` is any.
  [[nodiscard]] std::vector<HistoryIncident> incidents(std::string_view state,
                                                       std::uint64_t count_max);
  /// By its id or the beginning of it; nothing if none or several have it.
  [[nodiscard]] std::optional<HistoryIncident> incident(std::string_view id);
  /// Its lines as they were told, oldest first.
  [[nodiscard]] std::vector<std::string> records(std::string_view id);
  /// Without `detail`, by granularity, then time, from `begin_ns` on.
  [[nodiscard]] std::vector<HistoryWindow> windows(TimeNs begin_ns);
  /// Oldest first; cost: some 20 us each, a window's JSON is read and cut. Nothing: it failed.
  [[nodiscard]] std::optional<std::vector<WindowSummary>> summaries(const HistorySpan& span);
  /// The lines that were told, not those held back; oldest first. Nothing: it failed.
  [[nodiscard]] std::optional<std::vector<std::string>> told(const HistorySpan& span);
  /// The window's JSON; empty if it is not remembered.
  [[nodiscard]] std::string detail(std::uint32_t granularity_s, TimeNs begin_ns);
  /// What candidates made of windows, by their ends, then granularity; all of them.
  [[nodiscard]] std::vector<ShadowJudgement> shadows();
  /// Ascending by granularity.
  [[nodiscard]] std::vector<HistoryCoverage> coverage();
  /// Edges that begin at `source` or end at `target`, by granularity, then names. Cost: the JSON
  /// of all windows is read. Nothing: it failed.
  [[nodiscard]] std::optional<std::vector<HistoryEdge>> edges(std::string_view source,
                                                              std::string_view target);
  /// Windows that had more edges than are remembered of them; 0 too if it failed. Cost: as edges().
  [[nodiscard]] std::uint64_t cut_window_count();
  /// Shows the JSON of each window above its threshold, by their ends, then granularity: one at a
  /// time, for they are some 8 kB each.
  [[nodiscard]] bool each_alarm(const std::function<void(const std::string& detail)>& visit);
  /// The end of the newest window; 0 if there is none.
  [[nodiscard]] TimeNs newest_ns();

  [[nodiscard]] std::string fault() const { return database_->fault(); }

 private:
  explicit History(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  [[nodiscard]] std::int64_t pragma(const char* sql);
  /// Brings a file of an earlier format to this one's.
  [[nodiscard]] bool migrate();

  std::unique_ptr<Database> database_;
};

}  // namespace mimir::controlplane
