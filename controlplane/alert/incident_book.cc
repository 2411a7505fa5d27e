// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/incident_book.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "model/detector/catalogue.h"
#include "model/learn/digest.h"

namespace mimir::controlplane {

namespace {

using config::Json;

constexpr TimeNs kMinuteNs = 60 * kNsPerSecond;
constexpr TimeNs kNsPerMs = 1'000'000;
constexpr std::uint64_t kNoticeSignatureId = 7700001;

TimeNs minute_of(TimeNs time_ns) { return time_ns - time_ns % kMinuteNs; }

/// The line with the incident in it, told at `time_ns`.
Json with_incident(Json line, const IncidentRecord& record, std::string_view reason) {
  Json incident = Json::object();
  incident.set("id", record.id)
      .set("state", name(record.state))
      .set("dedup_key", record.key)
      .set("count", record.sighting_count)
      .set("first_seen", to_timestamp(record.first_ns))
      .set("last_seen", to_timestamp(record.last_ns));
  if (!reason.empty()) incident.set("closed_because", reason);
  const Json* const ours = line.find("mimir");
  Json with = ours == nullptr ? Json::object() : *ours;
  with.set("incident", std::move(incident));
  const Json* const steps = with.find("next_steps");
  Json with_label = steps == nullptr ? Json::array() : *steps;
  with_label.push("mimir alert show --history FILE " + record.id)
      .push("mimir alert label --history FILE " + record.id + " --benign --reason TEXT");
  with.set("next_steps", std::move(with_label));
  line.set("timestamp", to_timestamp(record.time_ns)).set("mimir", std::move(with));
  return line;
}

/// What says that records were held back between two times.
Json notice_line(TimeNs begin_ns, TimeNs end_ns,
                 const std::map<std::string, std::uint64_t>& held_back) {
  std::uint64_t total = 0;
  Json detectors = Json::object();
  for (const auto& [detector, count] : held_back) {
    total += count;
    detectors.set(detector, count);
  }
  Json inner = Json::object();
  inner.set("action", "allowed")
      .set("gid", kAlertGeneratorId)
      .set("signature_id", kNoticeSignatureId)
      .set("rev", 1)
      .set("signature", "MIMIR alerts were held back")
      .set("category", "Misc activity")
      .set("severity", static_cast<int>(detector::Severity::kMedium))
      .set("metadata", Json::object()
                           .set("detector", Json::array().push("notice"))
                           .set("severity_label",
                                Json::array().push(detector::name(detector::Severity::kMedium))));
  Json ours = Json::object();
  ours.set("schema", kAlertSchema)
      .set("kind", "notice")
      .set("window",
           Json::object().set("start", to_timestamp(begin_ns)).set("end", to_timestamp(end_ns)))
      .set("held_back", Json::object().set("records", total).set("detectors", std::move(detectors)))
      .set("explanation",
           Json::object()
               .set("summary",
                    fmt::format("{} records of incidents were more than a minute may have and are "
                                "not in this stream",
                                total))
               .set("action",
                    "Many incidents at once have one cause: look at those that were written; "
                    "output.record_rate_max is what a minute may have."));
  return Json::object()
      .set("timestamp", to_timestamp(end_ns))
      .set("event_type", "alert")
      .set("alert", std::move(inner))
      .set("mimir", std::move(ours));
}

}  // namespace

std::string_view name(IncidentState state) {
  constexpr std::array<std::string_view, 4> kNames{"open", "update", "closed", "notice"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string incident_id(std::string_view key, TimeNs first_ns) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr std::size_t kTimeDigits = 10;
  constexpr std::size_t kHashDigits = 16;
  std::string id(kTimeDigits + kHashDigits, '0');
  auto time_ms = static_cast<std::uint64_t>(first_ns / kNsPerMs);
  for (std::size_t i = kTimeDigits; i-- > 0; time_ms /= kDigits.size()) {
    id[i] = kDigits[time_ms % kDigits.size()];
  }
  // Two hexadecimal digits of the hash are a byte, of which five bits are taken.
  const std::string hash = learn::sha256_hex(fmt::format("{}|{}", key, first_ns));
  for (std::size_t i = 0; i < kHashDigits; ++i) {
    const auto byte = static_cast<std::size_t>(std::stoul(hash.substr(2 * i, 2), nullptr, 16));
    id[kTimeDigits + i] = kDigits[byte % kDigits.size()];
  }
  return id;
}

std::uint64_t IncidentTotals::opened_count() const {
  std::uint64_t count = 0;
  for (const auto& [what, opened_of_it] : opened) count += opened_of_it;
  return count;
}

IncidentBook::IncidentBook(IncidentOptions options, Sink sink)
    : options_(options), sink_(std::move(sink)) {}

IncidentRecord IncidentBook::record_of(const Incidents::value_type& entry, IncidentState state,
                                       TimeNs time_ns, Json line, std::string_view reason) {
  const Incident& incident = entry.second;
  IncidentRecord record{.state = state,
                        .id = incident.id,
                        .key = entry.first,
                        .detector = incident.detector,
                        .severity = incident.severity,
                        .time_ns = time_ns,
                        .first_ns = incident.first_ns,
                        .last_ns = incident.last_ns,
                        .sighting_count = incident.sighting_count};
  record.line = with_incident(std::move(line), record, reason);
  return record;
}

void IncidentBook::add(Sighting sighting) {
  close_quiet(sighting.end_ns);
  ++totals_.sightings;
  auto found = open_.find(sighting.key);
  const bool is_new = found == open_.end();
  if (is_new) {
    make_room();
    found = open_.emplace(sighting.key, Incident{}).first;
    found->second.id = incident_id(sighting.key, sighting.first_ns);
    found->second.detector = sighting.detector;
    found->second.severity = sighting.severity;
    found->second.first_ns = sighting.first_ns;
    next_quiet_ns_ = std::min(next_quiet_ns_, sighting.end_ns + options_.quiet_ns);
    ++totals_.open[sighting.severity];
    ++totals_.opened[{sighting.detector, sighting.severity}];
  }
  Incident& incident = found->second;
  if (is_new || sighting.weight >= incident.weight) {
    incident.weight = sighting.weight;
    incident.gravest = sighting.line;
  }
  if (sighting.severity < incident.severity) {
    --totals_.open[incident.severity];
    ++totals_.open[sighting.severity];
    incident.severity = sighting.severity;
  }
  incident.first_ns = std::min(incident.first_ns, sighting.first_ns);
  incident.last_ns = std::max(incident.last_ns, sighting.end_ns);
  ++incident.sighting_count;
  if (is_new || sighting.end_ns - incident.told_ns >= kUpdateIntervalNs) {
    tell(*found, std::move(sighting.line), sighting.end_ns);
  } else {
    incident.untold = std::move(sighting.line);
  }
}

void IncidentBook::advance(TimeNs now_ns) {
  close_quiet(now_ns);
  for (auto& entry : open_) {
    Incident& incident = entry.second;
    if (!incident.untold || now_ns - incident.told_ns < kUpdateIntervalNs) continue;
    Json line = std::move(*incident.untold);
    tell(entry, std::move(line), now_ns);
  }
}

void IncidentBook::finish() {
  while (!open_.empty()) close(open_.begin(), now_ns_, "ended");
  begin_minute(minute_ns_ + kMinuteNs);
}

void IncidentBook::tell(Incidents::value_type& entry, Json line, TimeNs now_ns) {
  begin_minute(now_ns);
  Incident& incident = entry.second;
  incident.told_ns = now_ns;
  incident.untold.reset();
  IncidentRecord record =
      record_of(entry, incident.is_announced ? IncidentState::kUpdate : IncidentState::kOpen,
                now_ns, std::move(line));
  record.is_held_back = minute_written_ >= options_.record_rate_max;
  if (record.is_held_back) {
    ++totals_.records_held_back;
    ++minute_held_back_[incident.detector];
  } else {
    incident.is_announced = true;
    ++minute_written_;
    ++totals_.records_written;
  }
  sink_(record);
}

// The order is that of the times at which they became quiet, whenever somebody looks.
void IncidentBook::close_quiet(TimeNs now_ns) {
  now_ns_ = std::max(now_ns_, now_ns);
  begin_minute(now_ns);
  if (now_ns < next_quiet_ns_) return;
  next_quiet_ns_ = now_ns + options_.quiet_ns;
  std::vector<Incidents::iterator> quiet;
  for (auto entry = open_.begin(); entry != open_.end(); ++entry) {
    const TimeNs quiet_ns = entry->second.last_ns + options_.quiet_ns;
    if (quiet_ns <= now_ns) {
      quiet.push_back(entry);
    } else {
      next_quiet_ns_ = std::min(next_quiet_ns_, quiet_ns);
    }
  }
  std::stable_sort(quiet.begin(), quiet.end(), [](const auto& a, const auto& b) {
    return a->second.last_ns < b->second.last_ns;
  });
  for (const Incidents::iterator entry : quiet) {
    close(entry, entry->second.last_ns + options_.quiet_ns, "quiet");
  }
}

// An end is never held back: there are no more of them than of openings that were told.
void IncidentBook::close(Incidents::iterator entry, TimeNs time_ns, std::string_view reason) {
  Incident& incident = entry->second;
  IncidentRecord record =
      record_of(*entry, IncidentState::kClosed, time_ns, std::move(incident.gravest), reason);
  record.is_held_back = !incident.is_announced;
  ++(record.is_held_back ? totals_.records_held_back : totals_.records_written);
  if (record.is_held_back) ++minute_held_back_[incident.detector];
  ++totals_.closed;
  --totals_.open[incident.severity];
  open_.erase(entry);
  sink_(record);
}

void IncidentBook::make_room() {
  if (open_.size() < kOpenMax) return;
  const auto oldest = std::min_element(
      open_.begin(), open_.end(),
      [](const auto& a, const auto& b) { return a.second.last_ns < b.second.last_ns; });
  ++totals_.displaced;
  close(oldest, now_ns_, "displaced");
}

void IncidentBook::begin_minute(TimeNs now_ns) {
  const TimeNs minute_ns = minute_of(now_ns);
  if (minute_ns <= minute_ns_) return;
  if (!minute_held_back_.empty()) {
    IncidentRecord notice{
        .state = IncidentState::kNotice,
        .detector = "notice",
        .severity = static_cast<std::uint8_t>(detector::Severity::kMedium),
        .time_ns = minute_ns_ + kMinuteNs,
        .first_ns = minute_ns_,
        .last_ns = minute_ns_ + kMinuteNs,
        .line = notice_line(minute_ns_, minute_ns_ + kMinuteNs, minute_held_back_)};
    minute_held_back_.clear();
    ++totals_.records_written;
    sink_(notice);
  }
  minute_ns_ = minute_ns;
  minute_written_ = 0;
}

std::string IncidentBook::describe() const {
  std::uint64_t open = 0;
  for (const std::uint64_t count : totals_.open) open += count;
  return fmt::format("incidents {} of {} sightings, {} open; {} records, {} held back\n",
                     totals_.opened_count(), totals_.sightings, open, totals_.records_written,
                     totals_.records_held_back);
}

}  // namespace mimir::controlplane
