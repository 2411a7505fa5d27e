// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tools/simulator/dns.h"
#include "tools/simulator/traffic.h"

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kWorld = 0xc0000264;  // 192.0.2.100
constexpr std::size_t kAddressesMax = 24;
constexpr std::uint32_t kClusterTtlS = 5;
constexpr std::uint32_t kOutsideTtlS = 30;
constexpr std::uint16_t kPort = 53;
constexpr const char* kClusterDomain = "cluster.local";

}  // namespace

void Traffic::datagram(TimeNs time_ns, Endpoint source, Endpoint destination, bool from_client,
                       const Route& route, std::string_view bytes) {
  Header header;
  header.source = source;
  header.destination = destination;
  header.protocol = kProtocolUdp;
  header.identification = static_cast<std::uint16_t>(random_.next());
  Message message;
  message.add(bytes);
  tap_.see(time_ns, header, from_client, route, message, 0, message.size);
}

TimeNs Traffic::ask(Endpoint client, std::uint32_t dns_pod, TimeNs time_ns,
                    std::string_view question, std::string_view answer, TimeNs work_ns) {
  const Endpoint server{cluster_.pods[dns_pod].address, kPort};
  Route route;
  route.virtual_server = {cluster_.virtual_addresses[dns_], kPort};
  const TimeNs way_ns = nanoseconds(random_.log_normal(60'000, 0.4));
  datagram(time_ns + way_ns, client, server, true, route, question);
  time_ns += 2 * way_ns + work_ns;
  datagram(time_ns + way_ns, server, client, false, route, answer);
  return time_ns + 2 * way_ns;
}

TimeNs Traffic::look_up(std::uint32_t pod, std::uint32_t service, TimeNs time_ns) {
  if (!has_ready_pod(dns_)) return time_ns;
  const Service& server = topology_.services[service];
  const std::string name = server.name + '.' + server.namespace_name + ".svc." + kClusterDomain;
  const Endpoint client{cluster_.pods[pod].address,
                        static_cast<std::uint16_t>(32768 + random_.below(28232))};
  std::vector<std::uint32_t> addresses{cluster_.virtual_addresses[service]};
  if (server.is_headless) {
    addresses.clear();
    for (const std::uint32_t each : cluster_.pods_of[service]) {
      // A message without EDNS holds 512 bytes.
      if (addresses.size() < kAddressesMax) addresses.push_back(cluster_.pods[each].address);
    }
  }
  const std::uint32_t dns_pod = any_pod(dns_);
  const auto id = static_cast<std::uint16_t>(random_.next());
  const auto next_id = static_cast<std::uint16_t>(random_.next());
  const TimeNs work_ns = nanoseconds(40'000 + random_.exponential(120'000));
  // The resolver of libc asks for both families from one socket, one right after the other.
  const TimeNs first_ns = ask(client, dns_pod, time_ns, dns::query(id, name, dns::kTypeA),
                              dns::address_reply(id, name, addresses, kClusterTtlS), work_ns);
  const TimeNs second_ns =
      ask(client, dns_pod, time_ns + 8'000, dns::query(next_id, name, dns::kTypeAaaa),
          dns::empty_reply(next_id, name, dns::kTypeAaaa, kClusterDomain, false), work_ns);
  return std::max(first_ns, second_ns);
}

TimeNs Traffic::ask_upstream(std::uint32_t dns_pod, TimeNs time_ns, std::string_view question,
                             std::string_view answer) {
  const Endpoint client{cluster_.pods[dns_pod].address,
                        static_cast<std::uint16_t>(32768 + random_.below(28232))};
  const Endpoint server{dns::kUpstream, kPort};
  Route route;
  route.is_to_outside = true;
  datagram(time_ns + 40'000, client, server, true, route, question);
  time_ns += nanoseconds(random_.log_normal(14e6, 0.5));
  datagram(time_ns, server, client, false, route, answer);
  return time_ns + 40'000;
}

void Traffic::look_up_outside(std::uint32_t pod, TimeNs time_ns) {
  if (topology_.outside_names.empty()) return;
  look_up_world(pod, random_.below(static_cast<std::uint32_t>(topology_.outside_names.size())),
                time_ns);
}

TimeNs Traffic::look_up_world(std::uint32_t pod, std::uint32_t which, TimeNs time_ns) {
  if (topology_.outside_names.empty() || !has_ready_pod(dns_)) return time_ns;
  which %= static_cast<std::uint32_t>(topology_.outside_names.size());
  const std::string& name = topology_.outside_names[which];
  const std::string& own_namespace = cluster_.pods[pod].namespace_name;
  const Endpoint client{cluster_.pods[pod].address,
                        static_cast<std::uint16_t>(32768 + random_.below(28232))};
  const std::uint32_t dns_pod = any_pod(dns_);
  // With ndots:5 every suffix of the search list is tried before the name itself.
  const std::string domain = kClusterDomain;
  for (const std::string& suffix : {own_namespace + ".svc." + domain, "svc." + domain, domain}) {
    const auto id = static_cast<std::uint16_t>(random_.next());
    const std::string guess = name + '.' + suffix;
    time_ns = ask(client, dns_pod, time_ns, dns::query(id, guess, dns::kTypeA),
                  dns::empty_reply(id, guess, dns::kTypeA, domain, true),
                  nanoseconds(random_.exponential(90'000)));
  }
  const auto id = static_cast<std::uint16_t>(random_.next());
  const std::string question = dns::query(id, name, dns::kTypeA);
  const std::string answer = dns::address_reply(id, name, {kWorld + which % 28}, kOutsideTtlS);
  TimeNs work_ns = nanoseconds(random_.exponential(90'000));
  if (time_ns >= outside_known_until_ns_[which]) {
    const TimeNs asked_ns = time_ns + 200'000;
    work_ns = ask_upstream(dns_pod, asked_ns, question, answer) - time_ns;
    outside_known_until_ns_[which] = time_ns + kOutsideTtlS * kNsPerSecond;
  }
  return ask(client, dns_pod, time_ns, question, answer, work_ns);
}

}  // namespace mimir::simulator
