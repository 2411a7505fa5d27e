// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

/// An attack as it was asked for.
struct AttackSpec {
  enum class Kind : std::uint8_t {
    kExfil,    ///< data leave, hop by hop
    kScan,     ///< a pod tries ports
    kLateral,  ///< somebody works his way from pod to pod
  };
  /// What carries the data of a hop. The last two hops of kDns are one: labels in
  /// questions to the cluster's DNS, which hands them on.
  enum class Method : std::uint8_t { kTcp, kHttp, kHttps, kUdp, kIcmp, kDns };
  enum class Pace : std::uint8_t {
    kRandom,  ///< a packet at gaps of up to twice the mean, as DET does
    kBulk,    ///< blocks as fast as the way allows
    kDrip,    ///< a few bytes now and then
  };

  Kind kind = Kind::kExfil;
  Method method = Method::kTcp;
  Pace pace = Pace::kRandom;
  std::vector<std::string> path;  ///< services, the data's holder first; exfil: to kOutsideName
  double bytes_per_minute = 0;    ///< of stolen data, on average, on every hop
  double probes_per_s = 0;        ///< of a scan
  std::uint32_t pods = 1;         ///< of each service: so many chains share the rate
  std::uint32_t packet_bytes_min = 0;
  std::uint32_t packet_bytes_max = 0;
  std::uint16_t port = 0;  ///< of a scan: this one on all hosts; 0: the usual ones
  TimeNs start_ns = 0;     ///< since the start of the run
  TimeNs duration_ns = 0;
  std::string text;
};

[[nodiscard]] std::string_view name(AttackSpec::Kind kind);
[[nodiscard]] std::string_view name(AttackSpec::Method method);

/// Reads "exfil:path=user-db>user>outside,rate=1MB/min,start=600,duration=120".
///
///   exfil:    path, rate, start, duration; method, pace, packet, pods
///   scan:     from, rate, start, duration; to, port
///   lateral:  path, rate, start, duration
///
///   path      services from the holder of the data on, joined by >; exfil: and outside
///   rate      B, kB, MB or GB (powers of ten), per s, min or h; scan: probes a second
///   start     seconds from the start of the run; s, min and h may follow the number
///   duration  as start
///   method    tcp (the default), http, https, udp, icmp or dns; dns: the path ends in
///             the DNS service and outside
///   pace      random (the default), bulk or drip
///   packet    the sizes of random packets, 300-400 unless given
///   pods      of each service on the path, 1 unless given
///   from, to  a service; without `to`, all addresses around the pods are tried
///   port      one port; without it the usual ones
///
/// `number` is which attack of the run this is, from 1 on: the line that diagnostics name.
[[nodiscard]] std::optional<AttackSpec> parse_attack(std::string_view text, std::uint32_t number,
                                                     const Topology& topology,
                                                     config::Diagnostics& diagnostics);

}  // namespace mimir::simulator
