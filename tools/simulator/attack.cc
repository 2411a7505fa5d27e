// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/attack.h"

#include <utility>

#include "config/json.h"
#include "tools/simulator/exfiltration.h"
#include "tools/simulator/scan.h"

namespace mimir::simulator {

std::unique_ptr<Attack> make_attack(const AttackSpec& spec, std::uint32_t id,
                                    const AttackContext& context, std::uint64_t seed) {
  if (spec.kind == AttackSpec::Kind::kScan) {
    return std::make_unique<Scan>(spec, id, context, seed);
  }
  return std::make_unique<Exfiltration>(spec, id, context, seed);
}

std::string truth_line(const AttackTruth& truth) {
  config::Json path = config::Json::array();
  for (const std::string& each : truth.spec.path) path.push(each);
  config::Json pods = config::Json::array();
  for (const std::string& each : truth.pods) pods.push(each);
  std::vector<std::uint64_t> bytes;
  config::Json hops = config::Json::array();
  for (const HopTruth& hop : truth.hops) {
    if (hop.hop >= bytes.size()) bytes.resize(hop.hop + 1);
    bytes[hop.hop] += hop.ip_bytes;
    config::Json line = config::Json::object();
    line.set("from", hop.from);
    line.set("to", hop.to);
    line.set("hop", hop.hop);
    line.set("protocol", name(hop.method));
    line.set("source", address_text(hop.source.address));
    line.set("source_port", std::uint32_t{hop.source.port});
    line.set("destination", address_text(hop.destination.address));
    line.set("destination_port", std::uint32_t{hop.destination.port});
    line.set("ip_bytes", hop.ip_bytes);
    line.set("payload_bytes", hop.payload_bytes);
    line.set("packets", hop.packets);
    hops.push(std::move(line));
  }
  config::Json bytes_per_hop = config::Json::array();
  for (const std::uint64_t each : bytes) bytes_per_hop.push(each);
  config::Json line = config::Json::object();
  line.set("id", truth.id);
  line.set("kind", name(truth.spec.kind));
  line.set("method", name(truth.spec.method));
  line.set("path", std::move(path));
  line.set("pods", std::move(pods));
  line.set("start", seconds(truth.start_ns));
  line.set("end", seconds(truth.end_ns));
  if (truth.spec.kind == AttackSpec::Kind::kScan) {
    line.set("rate_probes_per_second", truth.spec.probes_per_s);
    line.set("probes", truth.probes);
    line.set("open", truth.open);
  } else {
    line.set("rate_bytes_per_minute", truth.spec.bytes_per_minute);
  }
  line.set("bytes_per_hop", std::move(bytes_per_hop));
  line.set("hops", std::move(hops));
  return to_text(line) + '\n';
}

}  // namespace mimir::simulator
