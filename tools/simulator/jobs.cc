// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/jobs.h"

#include <algorithm>

#include "tools/simulator/life.h"

namespace mimir::simulator {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{48} << 10;
constexpr double kPieceSecondsMax = 5;
constexpr std::uint32_t kHomeSite = 0xc0000200;    // 192.0.2.0/24, RFC 5737
constexpr std::uint32_t kOtherSites = 0xc6120000;  // 198.18.0.0/16, RFC 2544
constexpr std::uint32_t kStore = 200;              // of a site, the first
constexpr std::uint16_t kStorePort = 443;
constexpr TimeNs kStartNs = 1'500'000'000;
constexpr std::uint32_t kPauseDoublingsMax = 5;  // of a second, while a service is down

/// How a piece is asked for, by what the service speaks.
Operation reading(const Service& service, std::size_t length) {
  Operation operation;
  operation.service = service.name;
  operation.reply = {static_cast<double>(length), 0};
  switch (service.protocol) {
    case Protocol::kMysql:
      operation.method = "SELECT /*!40001 SQL_NO_CACHE */ * FROM `records`";
      break;
    case Protocol::kMongo:
      operation.method = "records";
      operation.request = {40, 0};
      break;
    case Protocol::kRedis:
      operation.method = "DUMP";
      break;
    case Protocol::kHttp:
    case Protocol::kGrpc:
    case Protocol::kAmqp:
    case Protocol::kTls:
    case Protocol::kDns:
      operation.method = "GET";
      operation.path = "/archive/#";
      break;
  }
  return operation;
}

/// How a piece is handed over.
Operation writing(const Service& service, std::size_t length) {
  Operation operation = reading(service, 0);
  operation.request = {static_cast<double>(length), 0};
  operation.reply = {60, 0};
  operation.upload = Content::kJpeg;  // bytes that no text has
  if (service.protocol == Protocol::kHttp) operation.method = "PUT";
  if (service.protocol == Protocol::kRedis) operation.method = "RESTORE";
  return operation;
}

}  // namespace

Jobs::Jobs(const Topology& topology, Cluster& cluster, Traffic& traffic, Tap& tap, Agenda& agenda,
           std::uint64_t seed)
    : topology_(topology),
      cluster_(cluster),
      traffic_(traffic),
      tap_(tap),
      agenda_(agenda),
      random_(seed),
      payloads_(random_) {}

void Jobs::begin(TimeNs time_ns) {
  for (std::uint32_t i = 0; i < topology_.jobs.size(); ++i) {
    const Job& job = topology_.jobs[i];
    agenda_.add(Event::Kind::kJob, next_due_ns(time_ns, job.at_ns, job.every_ns), i);
  }
}

void Jobs::start(std::uint32_t job, TimeNs time_ns) {
  const Job& what = topology_.jobs[job];
  agenda_.add(Event::Kind::kJob, next_due_ns(time_ns + 1, what.at_ns, what.every_ns), job);
  Running run;
  run.job = job;
  run.pod = cluster_.start_job_pod(what, time_ns);
  run.left_bytes =
      std::max(1.0, what.size.sigma > 0 ? random_.log_normal(what.size.mean_bytes, what.size.sigma)
                                        : what.size.mean_bytes);
  cluster_.make_ready(run.pod);
  runs_.push_back(std::move(run));
  agenda_.add(Event::Kind::kJobStep, time_ns + kStartNs,
              static_cast<std::uint32_t>(runs_.size() - 1));
}

void Jobs::open_outside(Running& run, TimeNs& time_ns) {
  time_ns = traffic_.look_up_world(run.pod, run.job, time_ns);
  Pod& pod = cluster_.pods[run.pod];
  const std::uint32_t number = topology_.jobs[run.job].site;
  const std::uint32_t site = number == 0 ? kHomeSite : kOtherSites + (number << 8U);
  Route route;
  route.is_to_outside = true;
  const Endpoint client{pod.address, take_port(pod.next_port)};
  run.outside = std::make_unique<Connection>(
      tap_, random_, client, Endpoint{site + kStore + run.job % 32, kStorePort}, route,
      Delay{nanoseconds(random_.log_normal(50e3, 0.3)), nanoseconds(random_.log_normal(9e6, 0.3))});
  time_ns = run.outside->open(time_ns);
  for (const Greeting& greeting : Payloads::greetings(Protocol::kTls)) {
    if (greeting.bytes.empty()) continue;
    Message message;
    message.add(greeting.bytes);
    time_ns = run.outside->send(greeting.from_client ? Side::kClient : Side::kServer,
                                time_ns + 100'000, message, Acknowledge::kNow);
  }
}

bool Jobs::open(Running& run, TimeNs& time_ns) {
  const Job& job = topology_.jobs[run.job];
  const auto source = topology_.find_service(job.from);
  const auto sink = topology_.find_service(job.to);
  if (source && !traffic_.has_ready_pod(*source)) return false;
  if (sink && !traffic_.has_ready_pod(*sink)) return false;
  for (const auto& [service, channel] :
       {std::pair(source, &run.source), std::pair(sink, &run.sink)}) {
    if (!service) continue;
    time_ns = traffic_.look_up(run.pod, *service, time_ns);
    if (traffic_.is_down(*service, time_ns)) {
      close(run, traffic_.knock(run.pod, *service, time_ns));
      ++run.refused;
      return false;
    }
    *channel = traffic_.open_channel(run.pod, *service, time_ns);
  }
  if (job.to == kOutsideName) open_outside(run, time_ns);
  run.is_open = true;
  run.refused = 0;
  return true;
}

void Jobs::close(Running& run, TimeNs time_ns) {
  if (run.source) traffic_.close_channel(*run.source, time_ns);
  if (run.sink) traffic_.close_channel(*run.sink, time_ns);
  if (run.outside) run.outside->close(time_ns);
  run.source.reset();
  run.sink.reset();
  run.outside.reset();
  run.is_open = false;
}

void Jobs::crash(std::uint32_t service, TimeNs time_ns) {
  for (Running& run : runs_) {
    bool is_hit = false;
    for (const auto& channel : {&run.source, &run.sink}) {
      if (*channel == nullptr || cluster_.pods[(*channel)->server_pod].service != service) continue;
      (*channel)->connection.reset(Side::kServer, time_ns);
      is_hit = true;
    }
    if (is_hit) close(run, time_ns);
  }
}

TimeNs Jobs::read(Traffic::Channel& source, std::size_t length, TimeNs time_ns) {
  const Service& service = topology_.services[cluster_.pods[source.server_pod].service];
  return exchange(source, service, reading(service, length), time_ns);
}

TimeNs Jobs::write(Traffic::Channel& sink, std::size_t length, TimeNs time_ns) {
  const Service& service = topology_.services[cluster_.pods[sink.server_pod].service];
  return exchange(sink, service, writing(service, length), time_ns);
}

TimeNs Jobs::exchange(Traffic::Channel& channel, const Service& service, const Operation& what,
                      TimeNs time_ns) {
  const std::uint32_t number = channel.exchanges++;
  time_ns = channel.connection.send(Side::kClient, time_ns,
                                    payloads_.request(what, service, false, number),
                                    Acknowledge::kWithReply);
  time_ns += nanoseconds(random_.exponential(800e3));
  const Message reply = payloads_.reply(what, service, number);
  if (reply.size == 0) return time_ns;
  return channel.connection.send(Side::kServer, time_ns, reply, Acknowledge::kNow);
}

void Jobs::step(std::uint32_t index, TimeNs time_ns) {
  Running& run = runs_[index];
  const Job& job = topology_.jobs[run.job];
  // A service's pod that leaves takes the connection along: it is made anew.
  for (const auto& channel : {&run.source, &run.sink}) {
    if (*channel && cluster_.pods[(*channel)->server_pod].state != Pod::State::kReady) {
      close(run, time_ns);
      break;
    }
  }
  TimeNs now_ns = time_ns;
  if (!run.is_open && !open(run, now_ns)) {
    const TimeNs pause_ns = kNsPerSecond << std::min(run.refused, kPauseDoublingsMax);
    agenda_.add(Event::Kind::kJobStep, now_ns + pause_ns, index);
    return;
  }
  // A slow job moves small pieces, so that it sees soon when a pod has left.
  const double piece_bytes =
      std::min(static_cast<double>(kPieceBytes), job.rate_bytes_per_s * kPieceSecondsMax);
  const auto length =
      static_cast<std::size_t>(std::max(1.0, std::min(run.left_bytes, piece_bytes)));
  if (run.source) now_ns = read(*run.source, length, now_ns);
  if (run.sink) now_ns = write(*run.sink, length, now_ns);
  if (run.outside) {
    now_ns =
        run.outside->send(Side::kClient, now_ns, payloads_.tls_records(length), Acknowledge::kNow);
  }
  run.left_bytes -= static_cast<double>(length);
  if (run.left_bytes < 1) {
    close(run, now_ns + 1'000'000);
    cluster_.begin_leaving(run.pod);
    agenda_.add(Event::Kind::kPodGone, now_ns + 5 * kNsPerSecond, run.pod);
    return;
  }
  const double gap_ns = static_cast<double>(length) / job.rate_bytes_per_s * 1e9;
  const TimeNs paced_ns = time_ns + nanoseconds(gap_ns * random_.between(0.8, 1.2));
  agenda_.add(Event::Kind::kJobStep, std::max(paced_ns, now_ns), index);
}

}  // namespace mimir::simulator
