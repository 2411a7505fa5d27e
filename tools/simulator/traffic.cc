// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/traffic.h"

#include <algorithm>
#include <limits>

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kNoLink = std::numeric_limits<std::uint32_t>::max();
constexpr TimeNs kScrapeTimeoutNs = 10 * kNsPerSecond;  // Prometheus' default

}  // namespace

Traffic::Traffic(const Topology& topology, Cluster& cluster, Tap& tap, Random& random)
    : topology_(topology),
      cluster_(cluster),
      tap_(tap),
      random_(random),
      payloads_(random, topology.are_users_scripts),
      downtime_(topology),
      dns_(*topology.find_service(topology.dns)) {
  const std::size_t services = topology.services.size();
  link_between_.assign(services, std::vector<std::uint32_t>(services, kNoLink));
  for (const Service& each : topology.services) {
    greetings_.push_back(Payloads::greetings(each.protocol));
  }
  for (std::uint32_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    client_of_link_.push_back(*topology.find_service(link.client));
    server_of_link_.push_back(*topology.find_service(link.server));
    link_between_[client_of_link_.back()][server_of_link_.back()] = i;
  }
  for (const Operation& operation : topology.operations) {
    service_of_operation_.push_back(*topology.find_service(operation.service));
    auto& steps = steps_.emplace_back();
    for (const Step& step : operation.steps) {
      steps.push_back({*topology.find_operation(step.operation), step.probability, step.times,
                       step.is_parallel});
    }
  }
  outside_known_until_ns_.assign(topology.outside_names.size(), 0);
}

Traffic::Pool& Traffic::pool(std::uint32_t pod, std::uint32_t link) {
  const std::size_t index = pod * topology_.links.size() + link;
  if (index >= pools_.size()) pools_.resize(cluster_.pods.size() * topology_.links.size());
  return pools_[index];
}

void Traffic::note_busy(std::uint32_t pod, TimeNs time_ns) {
  if (pod >= busy_until_ns_.size()) busy_until_ns_.resize(cluster_.pods.size());
  busy_until_ns_[pod] = std::max(busy_until_ns_[pod], time_ns);
}

std::uint32_t Traffic::any_pod(std::uint32_t service) {
  const auto& pods = cluster_.pods_of[service];
  return pods[random_.below(static_cast<std::uint32_t>(pods.size()))];
}

Delay Traffic::delay_within(std::uint32_t first_node, std::uint32_t second_node) {
  const double mean_ns = first_node == second_node ? 22'000 : 75'000;
  return {nanoseconds(random_.log_normal(mean_ns, 0.3)),
          nanoseconds(random_.log_normal(mean_ns, 0.3))};
}

Connection Traffic::dial(std::uint32_t client_pod, std::uint32_t server_pod, TimeNs time_ns) {
  Pod& client = cluster_.pods[client_pod];
  const Pod& server = cluster_.pods[server_pod];
  const Service& what = topology_.services[server.service];
  Route route;
  if (cluster_.virtual_addresses[server.service] != 0) {
    route.virtual_server = {cluster_.virtual_addresses[server.service], what.port};
  }
  route.is_server_on_node = what.is_on_node;
  Connection connection(tap_, random_, {client.address, take_port(client.next_port)},
                        {server.address, what.pod_port()}, route,
                        delay_within(client.node, server.node));
  connection.set_loss(topology_.loss);
  bound(connection, client.service, server.service, time_ns);
  ++connections_;
  return connection;
}

std::unique_ptr<Traffic::Channel> Traffic::open_channel(std::uint32_t client_pod,
                                                        std::uint32_t service, TimeNs& time_ns) {
  const std::uint32_t server_pod = any_pod(service);
  auto channel =
      std::make_unique<Channel>(Channel{dial(client_pod, server_pod, time_ns), server_pod});
  Connection& connection = channel->connection;
  time_ns = connection.open(time_ns);
  for (const Greeting& greeting : greetings_[service]) {
    if (greeting.bytes.empty()) continue;
    Message message;
    message.add(greeting.bytes);
    time_ns = connection.send(greeting.from_client ? Side::kClient : Side::kServer,
                              time_ns + nanoseconds(random_.exponential(kClientReactionNs)),
                              message, Acknowledge::kNow);
  }
  connection.set_ready(Connection::kBusy);
  return channel;
}

void Traffic::close_channel(Channel& channel, TimeNs time_ns) {
  const std::uint32_t service = cluster_.pods[channel.server_pod].service;
  const Message goodbye = payloads_.farewell(topology_.services[service].protocol);
  if (goodbye.size > 0) {
    channel.connection.send(Side::kClient, time_ns, goodbye, Acknowledge::kWithReply);
    time_ns += 2'000;
  }
  channel.connection.close(time_ns);
}

std::unique_ptr<Traffic::Channel> Traffic::connect(std::uint32_t client_pod, std::uint32_t link,
                                                   TimeNs& time_ns) {
  look_up_if_due(client_pod, link, time_ns);
  return open_channel(client_pod, server_of_link_[link], time_ns);
}

void Traffic::look_up_if_due(std::uint32_t client_pod, std::uint32_t link, TimeNs& time_ns) {
  const Link& how = topology_.links[link];
  Pool& names = pool(client_pod, link);
  if (!how.looks_up || time_ns < names.name_known_until_ns) return;
  time_ns = look_up(client_pod, server_of_link_[link], time_ns);
  names.name_known_until_ns = time_ns + how.lookup_cache_ns;
}

Traffic::Channel& Traffic::acquire(std::uint32_t client_pod, std::uint32_t link, TimeNs& time_ns) {
  for (const auto& each : pool(client_pod, link).channels) {
    if (each->connection.ready_ns() > time_ns) continue;
    each->connection.set_ready(Connection::kBusy);
    return *each;
  }
  auto channel = connect(client_pod, link, time_ns);
  return *pool(client_pod, link).channels.emplace_back(std::move(channel));
}

TimeNs Traffic::exchange(Channel& channel, std::uint32_t operation, TimeNs time_ns, Client client) {
  return serve(channel.connection, channel.server_pod, operation, time_ns, client,
               channel.exchanges++);
}

TimeNs Traffic::call(std::uint32_t client_pod, std::uint32_t operation, TimeNs time_ns,
                     Held& held) {
  const std::uint32_t service = service_of_operation_[operation];
  const std::uint32_t client = cluster_.pods[client_pod].service;
  if (!has_ready_pod(service) || is_down(client, time_ns)) return time_ns;
  const std::uint32_t link = link_between_[client][service];
  if (is_down(service, time_ns)) {
    time_ns = insist(client_pod, link, time_ns);
    if (is_down(service, time_ns)) return time_ns;
  }
  if (topology_.links[link].reuse == Reuse::kCall) {
    const auto channel = connect(client_pod, link, time_ns);
    const TimeNs done_ns = exchange(*channel, operation, time_ns, Client::kPod);
    close_channel(*channel, done_ns + nanoseconds(random_.exponential(kClientReactionNs)));
    return done_ns;
  }
  if (topology_.links[link].reuse == Reuse::kRequest) {
    auto own = std::find_if(held.begin(), held.end(),
                            [link](const auto& each) { return each.first == link; });
    if (own == held.end()) {
      own = held.insert(own, {link, connect(client_pod, link, time_ns)});
    }
    return exchange(*own->second, operation, time_ns, Client::kBusyPod);
  }
  Channel& channel = acquire(client_pod, link, time_ns);
  const TimeNs done_ns = exchange(channel, operation, time_ns, Client::kPod);
  channel.connection.set_ready(done_ns);
  return done_ns;
}

TimeNs Traffic::serve_steps(std::uint32_t pod, std::uint32_t operation, TimeNs time_ns) {
  TimeNs begun_ns = time_ns;
  Held held;
  for (const CompiledStep& step : steps_[operation]) {
    for (std::uint32_t i = 0; i < step.times; ++i) {
      if (step.probability < 1.0 && !random_.chance(step.probability)) continue;
      if (!step.is_parallel) begun_ns = time_ns;
      const TimeNs start_ns = begun_ns + nanoseconds(random_.exponential(kClientReactionNs));
      time_ns = std::max(time_ns, call(pod, step.operation, start_ns, held));
    }
  }
  for (const auto& [link, channel] : held) {
    close_channel(*channel, time_ns + nanoseconds(random_.exponential(kClientReactionNs)));
  }
  return time_ns;
}

TimeNs Traffic::answer(Connection& connection, const Operation& operation, const Message& reply,
                       TimeNs time_ns, Acknowledge acknowledge) {
  const auto piece = static_cast<std::size_t>(operation.piece_bytes);
  if (piece == 0 || reply.size <= piece) {
    return connection.send(Side::kServer, time_ns, reply, acknowledge);
  }
  TimeNs arrived_ns = time_ns;
  for (std::size_t offset = 0; offset < reply.size; offset += piece) {
    arrived_ns = connection.send(Side::kServer, time_ns,
                                 reply.slice(offset, std::min(piece, reply.size - offset)),
                                 Acknowledge::kNow);
    time_ns += nanoseconds(random_.exponential(5 * kClientReactionNs));
  }
  return arrived_ns;
}

TimeNs Traffic::serve(Connection& connection, std::uint32_t pod, std::uint32_t operation,
                      TimeNs time_ns, Client client, std::uint32_t exchange) {
  const Operation& what = topology_.operations[operation];
  const Service& server = topology_.services[service_of_operation_[operation]];
  const bool is_answered = server.protocol != Protocol::kAmqp;
  const bool is_busy = client == Client::kBusyPod;
  const bool at_once = !is_answered || (!is_busy && random_.chance(0.3));
  time_ns = connection.send(Side::kClient, time_ns,
                            payloads_.request(what, server, client == Client::kUser, exchange),
                            at_once ? Acknowledge::kNow : Acknowledge::kWithReply);
  const auto work_ns = static_cast<double>(what.work_ns);
  time_ns += nanoseconds(0.3 * work_ns + random_.exponential(0.7 * work_ns));
  time_ns = serve_steps(pod, operation, time_ns);
  if (what.is_write) writes_.push_back({time_ns, pod});
  if (!what.deliver_to.empty()) deliver(what, time_ns);
  if (is_answered) {
    time_ns = answer(connection, what, payloads_.reply(what, server, exchange), time_ns,
                     is_busy ? Acknowledge::kWithReply : Acknowledge::kNow);
  }
  note_busy(pod, time_ns);
  return time_ns;
}

void Traffic::deliver(const Operation& operation, TimeNs time_ns) {
  const std::uint32_t consumer = *topology_.find_service(operation.deliver_to);
  const std::uint32_t broker = *topology_.find_service(operation.service);
  if (!has_ready_pod(consumer) || !has_ready_pod(broker)) return;
  if (is_down(consumer, time_ns) || is_down(broker, time_ns)) return;
  const std::uint32_t link = link_between_[consumer][broker];
  const std::uint32_t pod = any_pod(consumer);
  Connection& connection = acquire(pod, link, time_ns).connection;
  time_ns = connection.send(Side::kServer, time_ns, payloads_.amqp_delivery(operation),
                            Acknowledge::kNow);
  time_ns += nanoseconds(random_.exponential(3 * kNsPerMs));
  time_ns =
      connection.send(Side::kClient, time_ns, payloads_.amqp_acknowledgement(), Acknowledge::kNow);
  connection.set_ready(time_ns);
  note_busy(pod, time_ns);
}

Connection Traffic::connect_from_outside(Endpoint user, std::uint32_t pod, TimeNs way_ns,
                                         TimeNs time_ns) {
  Route route;
  route.client = Route::Client::kOutside;
  ++connections_;
  const Pod& asked = cluster_.pods[pod];
  Connection connection(tap_, random_, user,
                        {asked.address, topology_.services[asked.service].pod_port()}, route,
                        {way_ns, nanoseconds(random_.log_normal(60'000, 0.3))});
  connection.set_loss(topology_.loss);
  bound(connection, kNoService, asked.service, time_ns);
  return connection;
}

void Traffic::probe(std::uint32_t pod, TimeNs time_ns) {
  const Pod& asked = cluster_.pods[pod];
  const std::uint16_t port = topology_.services[asked.service].probe_port;
  Route route;
  route.client = Route::Client::kNode;
  Node& node = cluster_.nodes[asked.node];
  Connection connection(tap_, random_, {node.address, take_port(node.next_port)},
                        {asked.address, port}, route, {9'000, 9'000});
  ++connections_;
  if (is_down(asked.service, time_ns)) {
    connection.open_refused(time_ns);
    return;
  }
  bound(connection, kNoService, asked.service, time_ns);
  time_ns = connection.open(time_ns);
  time_ns = connection.send(Side::kClient, time_ns,
                            payloads_.probe_request(address_text(asked.address), port),
                            Acknowledge::kWithReply);
  time_ns += nanoseconds(random_.exponential(0.8 * kNsPerMs));
  time_ns = connection.send(Side::kServer, time_ns, payloads_.probe_reply(), Acknowledge::kNow);
  connection.close(time_ns + nanoseconds(random_.exponential(kClientReactionNs)));
}

void Traffic::scrape(std::uint32_t scraper, std::uint32_t target, TimeNs time_ns) {
  Pod& client = cluster_.pods[scraper];
  const Pod& asked = cluster_.pods[target];
  const std::uint16_t port = topology_.services[asked.service].scraped_port();
  Connection connection(tap_, random_, {client.address, take_port(client.next_port)},
                        {asked.address, port}, {}, delay_within(client.node, asked.node));
  ++connections_;
  if (asked.state == Pod::State::kGone) {
    connection.open_unanswered(time_ns, kScrapeTimeoutNs);
    return;
  }
  if (is_down(asked.service, time_ns)) {
    connection.open_refused(time_ns);
    return;
  }
  bound(connection, client.service, asked.service, time_ns);
  time_ns = connection.open(time_ns);
  time_ns = connection.send(Side::kClient, time_ns,
                            payloads_.scrape_request(address_text(asked.address), port),
                            Acknowledge::kWithReply);
  time_ns += nanoseconds(random_.exponential(3 * kNsPerMs));
  time_ns = connection.send(Side::kServer, time_ns, payloads_.scrape_reply(), Acknowledge::kNow);
  note_busy(target, time_ns);
  time_ns += nanoseconds(random_.exponential(kClientReactionNs));
  connection.close(time_ns);
  note_busy(scraper, time_ns + kNsPerSecond / 100);
}

}  // namespace mimir::simulator
