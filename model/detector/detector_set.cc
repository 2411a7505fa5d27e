// SPDX-License-Identifier: Apache-2.0
#include "model/detector/detector_set.h"

#include <utility>

namespace mimir::detector {

DetectorSet::DetectorSet(const Resolver& resolver, const KnownHabits& habits,
                         std::vector<PayloadRule> rules)
    : resolver_(resolver),
      habits_(habits),
      reader_(resolver),
      port_scan_(resolver, habits),
      lateral_movement_(resolver, habits),
      brute_force_(resolver, habits),
      beacon_(resolver),
      long_connection_(resolver),
      echo_tunnel_(resolver),
      dns_volume_(resolver),
      dns_tunnel_(resolver),
      encrypted_dns_(resolver),
      application_port_(resolver),
      payload_rules_(resolver, std::move(rules)),
      http_fingerprint_(resolver) {}

const std::vector<Finding>& DetectorSet::add(const Window& window) {
  findings_.clear();
  port_scan_.look_at(window);
  long_connection_.look_at(window, findings_);
  echo_tunnel_.look_at(window, findings_);
  dns_volume_.look_at(window, findings_);
  dns_tunnel_.look_at(window, findings_);
  encrypted_dns_.look_at(window, findings_);
  application_port_.look_at(window, findings_);
  payload_rules_.look_at(window, findings_);
  fingerprints_.clear();
  http_fingerprint_.look_at(window, fingerprints_);
  // Where nothing was learned of a service's clients, each of them is unknown.
  if (habits_.has_fingerprints()) {
    findings_.insert(findings_.end(), fingerprints_.begin(), fingerprints_.end());
  }
  return judge(reader_.read(window));
}

const std::vector<Finding>& DetectorSet::flush() {
  findings_.clear();
  return judge(reader_.flush());
}

const std::vector<Finding>& DetectorSet::judge(const std::vector<Contact>& contacts) {
  contacts_ = &contacts;
  for (const Contact& contact : contacts) {
    port_scan_.see(contact);
    lateral_movement_.see(contact, findings_);
    brute_force_.see(contact);
    beacon_.see(contact);
    long_connection_.see(contact);
  }
  port_scan_.report(findings_);
  brute_force_.report(findings_);
  beacon_.report(findings_);
  sort_findings(findings_);
  habitual_count_ += std::erase_if(
      findings_, [this](const Finding& finding) { return habits_.is_habit(finding, resolver_); });
  return findings_;
}

}  // namespace mimir::detector
