// SPDX-License-Identifier: Apache-2.0
#include "model/detector/beacon.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace mimir::detector {

namespace {

constexpr TimeNs kPeriodMinNs = kNsPerSecond;

// The lower one of two.
TimeNs median_of(std::span<TimeNs> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void Beacon::see(const Contact& contact) {
  if (contact.probe != Probe::kSyn || contact.answer != Answer::kOpened ||
      contact.server.place != Place::kOutside) {
    return;
  }
  const Key key = join(join(contact.client.key, contact.server.key), contact.port);
  Pair& pair = pairs_.claim(key);
  if (pair.connection_count == 0) {
    pair.client = contact.client;
    pair.server = contact.server;
    pair.port = contact.port;
    pair.first_ns = contact.first_ns;
  } else {
    const TimeNs interval_ns = std::max<TimeNs>(0, contact.first_ns - pair.last_ns);
    pair.intervals_ns[(pair.connection_count - 1) % kIntervalCount] = interval_ns;
  }
  pair.last_ns = std::max(pair.last_ns, contact.first_ns);
  ++pair.connection_count;
  const auto sent = static_cast<double>(contact.sent_bytes);
  const double distance = sent - pair.mean_bytes;
  pair.mean_bytes += distance / static_cast<double>(pair.connection_count);
  pair.squares += distance * (sent - pair.mean_bytes);
  if (pair.connection_count <= kIntervalCountMin || pair.is_due) return;
  if (pair.reported_count > 0 && pair.connection_count < kReportFactor * pair.reported_count) {
    return;
  }
  if (pair.last_ns - pair.first_ns < kSpanMinNs) return;
  const Rhythm rhythm = rhythm_of(pair);
  if (rhythm.dispersion > kDispersionMax || rhythm.size_deviation > kSizeDeviationMax ||
      rhythm.median_s * 1e9 < static_cast<double>(kPeriodMinNs)) {
    return;
  }
  pair.is_due = true;
  due_.push_back(key);
}

Beacon::Rhythm Beacon::rhythm_of(const Pair& pair) {
  std::array<TimeNs, kIntervalCount> values = pair.intervals_ns;
  const std::size_t count = std::min<std::size_t>(kIntervalCount, pair.connection_count - 1);
  const std::span<TimeNs> known = std::span(values).first(count);
  const TimeNs median_ns = median_of(known);
  for (TimeNs& value : known) value = std::abs(value - median_ns);
  const TimeNs deviation_ns = median_of(known);
  const double spread = std::sqrt(pair.squares / static_cast<double>(pair.connection_count));
  return {.median_s = static_cast<double>(median_ns) / 1e9,
          .dispersion = median_ns == 0
                            ? 1.0
                            : static_cast<double>(deviation_ns) / static_cast<double>(median_ns),
          .size_deviation = pair.mean_bytes == 0 ? 0.0 : spread / pair.mean_bytes};
}

void Beacon::report(std::vector<Finding>& findings) {
  for (const Key key : due_) {
    Pair* const pair = pairs_.find(key);
    if (pair == nullptr || !pair->is_due) continue;
    findings.push_back(describe(*pair, rhythm_of(*pair)));
    pair->is_due = false;
    pair->reported_count = pair->connection_count;
  }
  due_.clear();
}

Finding Beacon::describe(const Pair& pair, const Rhythm& rhythm) const {
  Finding finding{.kind = Kind::kBeacon,
                  .severity = Severity::kMedium,
                  .first_ns = pair.first_ns,
                  .last_ns = pair.last_ns,
                  .source = pair.client,
                  .targets = {{.party = pair.server, .ports = {pair.port}, .open_ports = {}}},
                  .target_count = 1};
  finding.techniques = {"T1071", "T1573"};
  finding.facts = {{"connections", pair.connection_count},
                   {"period_s", rhythm.median_s},
                   {"interval_dispersion", rhythm.dispersion},
                   {"size_deviation", rhythm.size_deviation},
                   {"mean_sent_bytes", pair.mean_bytes}};
  finding.is_update = pair.reported_count > 0;
  finding.summary = fmt::format(
      "{} opened {} connections to {}:{}, one every {:.1f} s give or take {:.0f} %, each of some "
      "{:.0f} bytes",
      resolver_.name(pair.client), pair.connection_count, resolver_.name(pair.server), pair.port,
      rhythm.median_s, 100 * rhythm.dispersion, pair.mean_bytes);
  return finding;
}

}  // namespace mimir::detector
