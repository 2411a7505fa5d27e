// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/detector/application_port.h"
#include "model/detector/beacon.h"
#include "model/detector/brute_force.h"
#include "model/detector/contact.h"
#include "model/detector/dns_tunnel.h"
#include "model/detector/dns_volume.h"
#include "model/detector/echo_tunnel.h"
#include "model/detector/encrypted_dns.h"
#include "model/detector/finding.h"
#include "model/detector/http_fingerprint.h"
#include "model/detector/known_habits.h"
#include "model/detector/lateral_movement.h"
#include "model/detector/long_connection.h"
#include "model/detector/party.h"
#include "model/detector/payload_rules.h"
#include "model/detector/port_scan.h"
#include "model/window.h"

namespace mimir::detector {

/// All detectors that live on flow records and on facts of the payload, behind one door:
/// windows in, findings out.
///
/// Threads: one owner. Memory: fixed by the detectors' own options. Equal windows give
/// equal findings. REQUIRES: resolver and habits outlive it.
class DetectorSet {
 public:
  /// `rules` are what facts of rules refer to; none, and they say nothing.
  DetectorSet(const Resolver& resolver, const KnownHabits& habits,
              std::vector<PayloadRule> rules = {});
  DetectorSet(const DetectorSet&) = delete;
  DetectorSet& operator=(const DetectorSet&) = delete;

  /// As PayloadRules has it.
  void set_rules(std::uint16_t first_rule, std::vector<PayloadRule> rules) {
    payload_rules_.set_rules(first_rule, std::move(rules));
  }

  /// What this window makes certain, in order of time; valid until the next call.
  /// REQUIRES: windows in ascending order.
  [[nodiscard]] const std::vector<Finding>& add(const Window& window);
  /// The same of what still waits for a window that will not come.
  [[nodiscard]] const std::vector<Finding>& flush();

  /// The contacts of the last call, for whoever learns from them.
  [[nodiscard]] const std::vector<Contact>& contacts() const { return *contacts_; }
  /// What the last call of add() would have said of HTTP clients if nothing had been
  /// learned of them, for whoever learns.
  [[nodiscard]] const std::vector<Finding>& fingerprints() const { return fingerprints_; }
  /// Findings that were not reported because training had them too.
  [[nodiscard]] std::uint64_t habitual_count() const { return habitual_count_; }
  /// Sources with failed contacts that others took the place of.
  [[nodiscard]] std::uint64_t forgotten_source_count() const {
    return port_scan_.forgotten_source_count();
  }
  /// Contacts that were judged before their answer could come: too many waited.
  [[nodiscard]] std::uint64_t hurried_contact_count() const { return reader_.hurried_count(); }

 private:
  const std::vector<Finding>& judge(const std::vector<Contact>& contacts);

  const Resolver& resolver_;
  const KnownHabits& habits_;
  ContactReader reader_;
  PortScan port_scan_;
  LateralMovement lateral_movement_;
  BruteForce brute_force_;
  Beacon beacon_;
  LongConnection long_connection_;
  EchoTunnel echo_tunnel_;
  DnsVolume dns_volume_;
  DnsTunnel dns_tunnel_;
  EncryptedDns encrypted_dns_;
  ApplicationPort application_port_;
  PayloadRules payload_rules_;
  HttpFingerprint http_fingerprint_;
  const std::vector<Contact>* contacts_ = nullptr;
  std::vector<Finding> findings_;
  std::vector<Finding> fingerprints_;
  std::uint64_t habitual_count_ = 0;
};

}  // namespace mimir::detector
