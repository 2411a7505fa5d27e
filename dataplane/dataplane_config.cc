// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dataplane_config.h"

namespace mimir {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLatenessWindowMax = 6;

config::Section<PortConfig> port_section() {
  using C = PortConfig;
  config::Section<C> section("dataplane.ports[]");
  section
      .text("device", &C::device,
            "A PCI address such as 0000:3b:00.0, or a virtual device such as "
            "net_af_packet0,iface=mirror0.")
      .integer("queues", &C::queues,
               {.min = 1,
                .max = 64,
                .unit = "queues",
                .help = "Receive queues of the port, each polled by a core of its own. Flows may "
                        "arrive on several; only duplicate_distance needs a packet and its copy "
                        "on one."})
      .require(
          "device", [](const C& c) { return !c.device.empty(); },
          "dataplane.ports[]: a port has no device",
          "give `device:` a PCI address or a virtual device");
  return section;
}

config::Section<PayloadConfig> payload_section() {
  using C = PayloadConfig;
  config::Section<C> section("dataplane.payload");
  section
      .choice("look", &C::look, {"off", "applications", "rules"},
              "applications: which protocol each flow speaks, and the names that DNS, TLS and "
              "plain HTTP give; rules: also what the rules look for. Costs a share of the rate, "
              "see dataplane/payload/README.md.")
      .integer("packets", &C::packets,
               {.min = 1,
                .max = 15,
                .unit = "packets",
                .help = "How many packets with payload of a flow and direction are looked at in "
                        "each base window. DNS is read throughout."})
      .integer("bytes", &C::bytes,
               {.min = 16,
                .unit = "bytes",
                .help = "How many bytes of each are compared with the patterns."})
      .text_list("rules", &C::rules,
                 "Files of rules, see config/rules/reference.md; [] are those built in.")
      .boolean("samples", &C::has_samples,
               "Whether an alert of a rule has the end of its match, masked but for four "
               "characters. false: nothing of a payload is kept.")
      .text("cache", &C::cache,
            "A folder that compiled rules are kept in, so that the next start is faster.")
      .integer("window_fact_count_max", &C::window_fact_count_max,
               {.min = 1024,
                .max = 1U << 22,
                .unit = "facts",
                .help = "Names and matches of one window and core that are handed on, at 320 "
                        "bytes each; those beyond them are counted as lost."})
      .integer("ring_fact_count", &C::ring_fact_count,
               {.min = 256,
                .max = 1U << 20,
                .unit = "facts",
                .help = "Of these, how many wait between a core and the control plane."});
  return section;
}

}  // namespace

config::Section<DataplaneConfig> dataplane_section() {
  using C = DataplaneConfig;
  config::Section<C> section("dataplane");
  section.list_of("ports", &C::ports, port_section(), "The mirrored ports to listen on.")
      .integer("rx_descriptors", &C::rx_descriptors,
               {.min = 64,
                .max = 16384,
                .unit = "descriptors",
                .help = "How many packets a queue holds while its core is busy elsewhere; more "
                        "ride out longer stalls and cost 2.4 KB each."})
      .integer("flow_count_max", &C::flow_count_max,
               {.min = 1024,
                .max = 1U << 28,
                .unit = "flows",
                .help = "IPv4 flows one core tracks at once, at 86 bytes each. A new flow beyond "
                        "them is counted as flow_table_full."})
      .integer("ipv6_flow_count_max", &C::ipv6_flow_count_max,
               {.min = 1024,
                .max = 1U << 27,
                .unit = "flows",
                .help = "The same for IPv6, at 128 bytes each."})
      .integer("ring_record_count", &C::ring_record_count,
               {.min = 1024,
                .max = 1U << 24,
                .unit = "records",
                .help = "Records that wait between a core and the control plane, at 128 bytes "
                        "each; records beyond them are counted as lost."})
      .duration_ns("base_window", &C::base_window_ns, kSecond, 3600 * kSecond,
                   "The window everything is counted in, on an absolute grid. Must be the one "
                   "the model was trained with.")
      .duration_ns("lateness", &C::lateness_ns, 0, 3600 * kSecond,
                   "How long after its end, in packet time, a window still takes packets that "
                   "come out of order.")
      .duration_ns("duplicate_distance", &C::duplicate_distance_ns, 0, kSecond,
                   "Packets that come twice within this time count once: for mirrors of both "
                   "sides of a switch or of both nodes of an overlay, where 2ms serves. 0s: all "
                   "count. Must be as it was when the model was trained.")
      .integer_list("vxlan_ports", &C::vxlan_ports, 8,
                    {.min = 1,
                     .unit = "",
                     .help = "UDP ports that VXLAN is looked for on: what the mirror, the overlay "
                             "and their vendors chose."})
      .integer("tunnel_depth_max", &C::tunnel_depth_max,
               {.min = 1,
                .max = 8,
                .unit = "tunnels",
                .help = "How many tunnels, one in the other, are followed to the flow inside; a "
                        "packet with more is counted as tunnel_too_deep."})
      .boolean("network_in_key", &C::is_network_in_key,
               "Whether packets between the same addresses in two VLANs, or two VXLAN, VXLAN-GPE "
               "or Geneve networks, are two flows: for a mirror of tenants whose addresses "
               "overlap. It must be false where one flow is seen on both sides of a router.")
      .section("payload", &C::payload, payload_section(),
               "How far the payload of flows is looked into.")
      .choice("huge_pages", &C::huge_pages, {"auto", "require", "never"},
              "Whether DPDK's memory is on 2 MB pages: auto takes them if enough are free.")
      .text("file_prefix", &C::file_prefix,
            "Keeps two appliances on one machine apart; the second on one prefix is refused.")
      .text("run_as", &C::run_as,
            "The user that a run begun by root becomes as soon as its ports are open; the folders "
            "it writes to must be that user's. Empty: it stays who it is.")
      .integer("hash_seed", &C::hash_seed,
               {.unit = "",
                .help = "0 draws another secret for the flow table's hash at every start, so that "
                        "nobody can aim at it. Anything else is that secret. No result depends "
                        "on it."})
      .require(
          "base_window", [](const C& c) { return c.base_window_ns % kSecond == 0; },
          "dataplane.base_window is no whole number of seconds",
          "models know their windows by the second: give 10s")
      .require(
          "lateness",
          [](const C& c) { return c.lateness_ns <= kLatenessWindowMax * c.base_window_ns; },
          "dataplane.lateness is longer than six base windows",
          "lower lateness or raise base_window")
      .require(
          "ring_record_count",
          [](const C& c) { return c.ring_record_count <= 4 * c.flow_count_max; },
          "dataplane.ring_record_count is above four times dataplane.flow_count_max",
          "a ring that long is never filled; lower it or raise flow_count_max");
  return section;
}

}  // namespace mimir
