// SPDX-License-Identifier: Apache-2.0
#include "model/detector/brute_force.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace mimir::detector {

namespace {

constexpr double kHalfLifeNs = 120e9;
constexpr TimeNs kEpisodeGapNs = 1800 * kNsPerSecond;
constexpr double kLoginLevel = 8;
constexpr double kDatabaseLevel = 60;
constexpr double kKnownPairFactor = 4;
constexpr double kOtherLevel = 30;
constexpr std::uint64_t kOtherBytesMin = 1000;
constexpr double kOtherRatioMax = 2;
constexpr double kOtherDeviationMax = 0.3;

bool is_attempt(const Contact& contact) {
  // At a port of no known use only what is as long as a login, both ways, can be one.
  const std::uint64_t fewer = std::min(contact.sent_bytes, contact.received_bytes);
  if (use_of(contact.port) == PortUse::kOther && fewer < kOtherBytesMin) return false;
  return contact.probe == Probe::kSyn && contact.answer == Answer::kOpened && contact.has_ended &&
         contact.last_ns - contact.first_ns <= BruteForce::kAttemptNsMax &&
         contact.sent_bytes <= BruteForce::kAttemptBytesMax &&
         contact.received_bytes <= BruteForce::kAttemptBytesMax;
}

}  // namespace

bool BruteForce::is_too_many(const Contact& contact, const Pair& pair) const {
  switch (use_of(pair.port)) {
    case PortUse::kLogin:
    case PortUse::kControl:
      return pair.level >= kLoginLevel * (habits_.allows(contact) ? kKnownPairFactor : 1);
    case PortUse::kDatabase:
      return pair.level >= kDatabaseLevel * (habits_.allows(contact) ? kKnownPairFactor : 1);
    case PortUse::kWeb:
      return false;
    case PortUse::kOther:
      break;
  }
  if (pair.level < kOtherLevel || habits_.allows(contact)) return false;
  const double sent = pair.mean_bytes;
  const double received = pair.mean_received_bytes;
  const double deviation = std::sqrt(pair.squares / static_cast<double>(pair.attempt_count));
  return std::max(sent, received) <= kOtherRatioMax * std::min(sent, received) &&
         deviation <= kOtherDeviationMax * sent;
}

void BruteForce::see(const Contact& contact) {
  if (!is_attempt(contact)) return;
  const Key key = join(join(contact.client.key, contact.server.key), contact.port);
  Pair& pair = pairs_.claim(key);
  if (pair.attempt_count > 0 && contact.first_ns - pair.last_ns > kEpisodeGapNs) pair = {};
  if (pair.attempt_count == 0) {
    pair.client = contact.client;
    pair.server = contact.server;
    pair.port = contact.port;
    pair.first_ns = contact.first_ns;
    pair.last_ns = contact.first_ns;
  }
  const double passed_ns =
      static_cast<double>(std::max<TimeNs>(0, contact.first_ns - pair.last_ns));
  pair.level = pair.level * std::exp2(-passed_ns / kHalfLifeNs) + 1;
  pair.last_ns = std::max(pair.last_ns, contact.first_ns);
  ++pair.attempt_count;
  // Welford's sums: one pass, and no difference of large numbers.
  const auto count = static_cast<double>(pair.attempt_count);
  const auto sent = static_cast<double>(contact.sent_bytes);
  const double distance = sent - pair.mean_bytes;
  pair.mean_bytes += distance / count;
  pair.squares += distance * (sent - pair.mean_bytes);
  pair.mean_received_bytes +=
      (static_cast<double>(contact.received_bytes) - pair.mean_received_bytes) / count;
  if (!is_too_many(contact, pair)) return;
  const bool has_grown = pair.attempt_count >= kReportFactor * pair.reported_count;
  if (pair.is_due || (pair.reported_count > 0 && !has_grown)) return;
  pair.is_due = true;
  due_.push_back(key);
}

void BruteForce::report(std::vector<Finding>& findings) {
  for (const Key key : due_) {
    Pair* const pair = pairs_.find(key);
    if (pair == nullptr || !pair->is_due) continue;
    findings.push_back(describe(*pair));
    pair->is_due = false;
    pair->reported_count = pair->attempt_count;
  }
  due_.clear();
}

Finding BruteForce::describe(const Pair& pair) const {
  Finding finding{
      .kind = Kind::kBruteForce,
      .severity = use_of(pair.port) == PortUse::kDatabase ? Severity::kMedium : Severity::kHigh,
      .first_ns = pair.first_ns,
      .last_ns = pair.last_ns,
      .source = pair.client,
      .targets = {{.party = pair.server, .ports = {pair.port}, .open_ports = {}}},
      .target_count = 1};
  finding.techniques = {"T1110"};
  if (pair.port == 22) finding.techniques.push_back("T1021.004");
  finding.facts = {{"attempts", pair.attempt_count},
                   {"attempts_now", pair.level},
                   {"mean_sent_bytes", pair.mean_bytes},
                   {"mean_received_bytes", pair.mean_received_bytes}};
  finding.is_update = pair.reported_count > 0;
  finding.summary = fmt::format(
      "{} opened {} short connections to {}:{} in {:.0f} s, each of some {:.0f} bytes out and "
      "{:.0f} back",
      resolver_.name(pair.client), pair.attempt_count, resolver_.name(pair.server), pair.port,
      static_cast<double>(pair.last_ns - pair.first_ns) / 1e9, pair.mean_bytes,
      pair.mean_received_bytes);
  return finding;
}

}  // namespace mimir::detector
