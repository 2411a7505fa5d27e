// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "controlplane/alert/sighting.h"

namespace mimir::controlplane {

struct IncidentOptions {
  /// An incident of which nothing was seen for so long is closed.
  TimeNs quiet_ns = 300 * kNsPerSecond;
  /// Records in a minute beyond which openings and updates are held back; 0: all are.
  std::uint64_t record_rate_max = 120;
};

enum class IncidentState : std::uint8_t { kOpen, kUpdate, kClosed, kNotice };

/// One line of the alert stream, and what it says of its incident.
struct IncidentRecord {
  IncidentState state = IncidentState::kOpen;
  std::string id{};  ///< empty for a notice
  std::string key{};
  std::string detector{};
  std::uint8_t severity = 1;  ///< the gravest so far
  TimeNs time_ns = 0;         ///< of the record
  TimeNs first_ns = 0;
  TimeNs last_ns = 0;
  std::uint64_t sighting_count = 0;
  /// Over the rate, or suppressed: it is not for the sinks, only to be remembered.
  bool is_held_back = false;
  config::Json line{};
};

/// Counts since the start. sightings = merged into records; every record that was made is
/// written or held back.
struct IncidentTotals {
  static constexpr std::size_t kSeverityCount = 4;  ///< 1 to 3

  std::uint64_t sightings = 0;
  std::uint64_t records_written = 0;
  std::uint64_t records_held_back = 0;
  std::uint64_t closed = 0;
  std::uint64_t displaced = 0;                       ///< of those, because too many were open
  std::array<std::uint64_t, kSeverityCount> open{};  ///< now, by severity
  std::map<std::pair<std::string, std::uint8_t>, std::uint64_t> opened{};

  [[nodiscard]] std::uint64_t opened_count() const;
};

/// Makes incidents of what was seen: the first sighting of a key opens one, later ones of
/// whatever window and granularity are merged into it and told at most once a minute, and
/// quiet closes it. The closing record restates the sighting of the greatest weight.
///
/// Packet time decides, and ids come from key and time: equal sightings give equal bytes.
/// Openings and updates beyond `record_rate_max` a minute are held back, and a notice says
/// how many; an incident whose opening was held back opens with its next record, so that a
/// stream never has an update or an end of what it has not seen begin.
///
/// Threads: one owner. Memory: at most kOpenMax incidents with two lines each.
class IncidentBook {
 public:
  static constexpr TimeNs kUpdateIntervalNs = 60 * kNsPerSecond;
  static constexpr std::size_t kOpenMax = 4096;

  using Sink = std::function<void(const IncidentRecord&)>;

  IncidentBook(IncidentOptions options, Sink sink);

  void add(Sighting sighting);
  /// The window that ends at `now_ns` was judged.
  void advance(TimeNs now_ns);
  /// The traffic has ended: closes what is open.
  void finish();

  [[nodiscard]] const IncidentTotals& totals() const { return totals_; }

  /// "incidents 2 of 14 sightings, 0 open; 5 records, 0 held back\n".
  [[nodiscard]] std::string describe() const;

 private:
  struct Incident {
    std::string id;
    std::string detector;
    std::uint8_t severity = 3;
    TimeNs first_ns = 0;
    TimeNs last_ns = 0;
    TimeNs told_ns = 0;  ///< when it was last told of
    std::uint64_t sighting_count = 0;
    double weight = 0;
    config::Json gravest;
    std::optional<config::Json> untold;  ///< the latest since then
    bool is_announced = false;
  };
  using Incidents = std::map<std::string, Incident>;

  void tell(Incidents::value_type& entry, config::Json line, TimeNs now_ns);
  void close_quiet(TimeNs now_ns);
  void close(Incidents::iterator entry, TimeNs time_ns, std::string_view reason);
  void make_room();
  void begin_minute(TimeNs now_ns);
  [[nodiscard]] static IncidentRecord record_of(const Incidents::value_type& entry,
                                                IncidentState state, TimeNs time_ns,
                                                config::Json line, std::string_view reason = {});

  IncidentOptions options_;
  Sink sink_;
  Incidents open_;
  TimeNs next_quiet_ns_ = 0;  ///< none closes before
  TimeNs now_ns_ = 0;
  TimeNs minute_ns_ = 0;  ///< its beginning
  std::uint64_t minute_written_ = 0;
  std::map<std::string, std::uint64_t> minute_held_back_;  ///< by detector
  IncidentTotals totals_;
};

/// 26 characters of Crockford's base 32: 48 bits of the time in ms, so that ids sort by it,
/// and 80 of a SHA-256 of key and time. The form of a ULID, without its chance.
[[nodiscard]] std::string incident_id(std::string_view key, TimeNs first_ns);

[[nodiscard]] std::string_view name(IncidentState state);

}  // namespace mimir::controlplane
