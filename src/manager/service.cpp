// sluiced, put together. Runs in the manager.
#include "manager/service.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "base/version.hpp"
#include "http/server.hpp"
#include "manager/adoption.hpp"
#include "manager/announcer.hpp"
#include "manager/api.hpp"
#include "manager/event_log.hpp"
#include "manager/exit_code.hpp"
#include "manager/platforms.hpp"
#include "manager/probes.hpp"
#include "manager/refused_list.hpp"
#include "manager/run_directory.hpp"
#include "manager/store.hpp"
#include "manager/supervisor.hpp"
#include "os/directory_lock.hpp"
#include "os/process.hpp"

namespace sluice::manager {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Everything that can fail before the loop runs.
struct Foundation {
  UniqueFd lock;
  UniqueFd http_listener;
  UniqueFd rtmp_listener;
  std::vector<FoundChild> found;
  ListenAddress rtmp;  // with the real port
  ListenAddress http;
};

std::unexpected<int> refuse(int exit_code, const std::string& sentence) {
  fmt::print(stderr, "sluiced: {}\n", sentence);
  return std::unexpected(exit_code);
}

std::expected<UniqueFd, int> open_port(const ListenAddress& address, std::string_view flag) {
  auto fd = listen_on(address);
  if (fd) return std::move(*fd);
  if (fd.error() == std::errc::address_in_use) {
    return refuse(kExitPortInUse,
                  fmt::format("{} is in use by another program. Stop that one (nginx?), or choose "
                              "another port with {} ADDR:PORT.",
                              address.text(), flag));
  }
  return refuse(fd.error() == std::errc::permission_denied ? kExitPortInUse : kExitUsage,
                fmt::format("cannot listen on {}: {}. Choose another address with {} ADDR:PORT.",
                            address.text(), fd.error().message(), flag));
}

std::expected<UniqueFd, int> take_data_directory(const std::string& path, const RunDirectory& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error) {
    return refuse(kExitDataDirectory,
                  fmt::format("the data directory {} cannot be used: {}. Choose another with "
                              "--data-dir DIR.",
                              path, error.message()));
  }
  if (const auto failure = directory.create()) return refuse(kExitDataDirectory, *failure + ".");
  auto lock = os::lock_directory(directory.run());
  if (lock) return std::move(*lock);
  if (lock.error() == std::errc::operation_would_block) {
    return refuse(kExitAlreadyRunning, fmt::format("another sluiced is already running on {}.", path));
  }
  return refuse(kExitDataDirectory,
                fmt::format("cannot lock {}: {}.", directory.run(), lock.error().message()));
}

// A living ingest holds the RTMP port and hands it back, unless it is the wrong one now.
std::expected<UniqueFd, int> take_rtmp_port(const Options& options, std::vector<FoundChild>& found) {
  const auto ingest = std::ranges::find(found, kIngest, &FoundChild::id);
  if (ingest != found.end() && ingest->fds.size() == 1) {
    const auto at = listening_at(ingest->fds[0].get());
    const bool same = at && at->host == options.rtmp_listen.host &&
                      (at->port == options.rtmp_listen.port || options.rtmp_listen.port == 0);
    UniqueFd copy(same ? ::dup(ingest->fds[0].get()) : -1);
    if (copy) {
      ::fcntl(copy.get(), F_SETFD, FD_CLOEXEC);
      return copy;
    }
  }
  if (ingest != found.end()) {
    // It listens elsewhere, or nowhere. Its port must be free before ours is bound: they may overlap.
    os::send_signal(ingest->process, SIGKILL);
    while (!os::has_ended(ingest->process)) ::usleep(1000);
    found.erase(ingest);
  }
  return open_port(options.rtmp_listen, "--rtmp-listen");
}

std::expected<Foundation, int> prepare(const Options& options, const RunDirectory& directory) {
  Foundation base;
  auto lock = take_data_directory(options.data_directory, directory);
  if (!lock) return std::unexpected(lock.error());
  base.lock = std::move(*lock);
  auto http = open_port(options.http_listen, "--http-listen");
  if (!http) return std::unexpected(http.error());
  base.http_listener = std::move(*http);
  base.found =
      find_children(directory, std::chrono::duration_cast<std::chrono::milliseconds>(kHelloDeadline));
  auto rtmp = take_rtmp_port(options, base.found);
  if (!rtmp) return std::unexpected(rtmp.error());
  base.rtmp_listener = std::move(*rtmp);
  base.rtmp = listening_at(base.rtmp_listener.get()).value_or(options.rtmp_listen);
  base.http = listening_at(base.http_listener.get()).value_or(options.http_listen);
  return base;
}

std::expected<Store, int> open_store(const std::string& data_directory) {
  auto store = Store::open(data_directory + "/sluice.db");
  if (store) return std::move(*store);
  const bool newer = store.error().error == StoreError::kNewer;
  return refuse(newer ? kExitNewerDatabase : kExitDataDirectory, sentence(store.error()));
}

Json info_of(const ListenAddress& rtmp) {
  // Bound to one address, that is the one to tell.
  const std::vector<std::string> lan = rtmp.is_any()        ? lan_addresses()
                                       : rtmp.is_loopback() ? std::vector<std::string>{}
                                                            : std::vector{rtmp.host};
  return {
      {"version", kVersion}, {"rtmp_port", rtmp.port}, {"rtmp_listen", rtmp.text()}, {"lan_addresses", lan}};
}

// How programs on this machine reach a listening address.
std::string from_here(ListenAddress address) {
  if (address.is_any()) address.host = "localhost";
  return address.text();
}

// For --print-addresses; scripts/run and scripts/demo.mjs read these lines. `data_dir` comes last.
void print_addresses(const ListenAddress& rtmp, const ListenAddress& http,
                     const std::string& data_directory) {
  fmt::print("page=http://{}/\nrtmp=rtmp://{}/live\n", from_here(http), from_here(rtmp));
  if (rtmp.is_any()) {
    for (const std::string& host : lan_addresses()) {
      fmt::print("rtmp_lan=rtmp://{}/live\n", ListenAddress{host, rtmp.port}.text());
    }
  }
  fmt::print("data_dir={}\n", std::filesystem::absolute(data_directory).lexically_normal().string());
  std::fflush(stdout);
}

class Service {
 public:
  Service(const Options& options, const RunDirectory& directory, Store store, Foundation base)
      : base_(std::move(base)),
        store_(std::move(store)),
        signals_(io_, SIGTERM, SIGINT, SIGUSR1),
        platforms_(options.data_directory + "/platforms.json"),
        log_(directory.log(), [this](const LogEntry& entry) { announcer_.logged(entry); }),
        clips_(io_, store_, options.data_directory, [this](std::int64_t id) { on_clip(id); }),
        supervisor_(
            io_, store_, clips_, directory,
            {os::own_directory(), base_.rtmp.text(), options.play_from_anywhere, options.streams_per_relay,
             [this](std::string_view platform) { return platforms_.needs_sound(platform); }},
            {[this](std::int64_t id) { on_stream(id); }, [this](std::int64_t id) { on_source(id); },
             [this](control::RefusedPublish refused) { on_refused(std::move(refused)); }}),
        announcer_(io_, store_, supervisor_),
        probes_(io_, directory, os::own_directory()),
        api_(store_, supervisor_, clips_, announcer_, refused_, probes_, log_,
             {options.allowed_hosts, [this] { return info_of(base_.rtmp); },
              [this] {
                platforms_.refresh();
                return platforms_.view();
              }}),
        server_(io_, std::move(base_.http_listener),
                [this](http::Request request) { return api_.answer(std::move(request)); }) {}

  // `ready` is called once, as soon as publishers are taken.
  void run(std::function<void()> ready) {
    const auto rethrow = [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(io_, await_signal(), rethrow);
    const bool found_ingest = std::ranges::find(base_.found, kIngest, &FoundChild::id) != base_.found.end();
    log_.started();
    supervisor_.start(std::move(base_.rtmp_listener), std::move(base_.found));
    catch_up(found_ingest);
    asio::co_spawn(io_, await_listening(std::move(ready)), rethrow);
    io_.run();
  }

 private:
  // What was so when everything ended at once, and is not any more. What still runs tells of itself.
  void catch_up(bool found_ingest) {
    for (const auto& [id, stream] : store_.streams()) log_.stream_is(stream, supervisor_.status(stream));
    if (found_ingest) return;
    for (const auto& [id, source] : store_.sources()) log_.source_is(source, supervisor_.facts(id));
  }

  // The one place where the log learns what has become of streams and sources.
  void on_stream(std::int64_t id) {
    const auto found = store_.streams().find(id);
    if (found != store_.streams().end()) log_.stream_is(found->second, supervisor_.status(found->second));
    announcer_.stream_changed(id);
  }
  void on_source(std::int64_t id) {
    const auto found = store_.sources().find(id);
    if (found != store_.sources().end()) log_.source_is(found->second, supervisor_.facts(id));
    announcer_.source_changed(id);
  }

  // An attacker could fill the log with these; the supervisor's list is short, and so is the log line.
  void on_refused(control::RefusedPublish refused) {
    log::warning(
        "refused a publisher: its app and key are no source",
        // People type keys into the wrong field: not the app either.
        {{"app_bytes", refused.app.size()}, {"key_bytes", refused.key.size()}, {"address", refused.address}});
    log_.refused(refused.address, Clock::now());
    announcer_.refused(refused);
    refused_.add(std::move(refused));
  }

  void on_clip(std::int64_t source) {
    supervisor_.apply();
    announcer_.source_changed(source);
  }

  asio::awaitable<void> await_listening(std::function<void()> ready) {
    const auto listening = [this] { return supervisor_.listening(); };
    while (!co_await supervisor_.until(listening, std::chrono::hours{1})) {
    }
    ready();
  }

  asio::awaitable<void> await_signal() {
    error_code error;
    const int signal = co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (signal == SIGUSR1) {
      log::info("leaving; the streams go on without me");
    } else {
      log::info("ending every stream");
      server_.stop();
      supervisor_.shut_down();
      // The supervisor kills what does not end; this is for what even SIGKILL does not end at once.
      co_await supervisor_.until([this] { return supervisor_.all_gone(); }, std::chrono::milliseconds{2500});
    }
    announcer_.stop();
    io_.stop();
  }

  Foundation base_;
  asio::io_context io_{1};
  Store store_;
  asio::signal_set signals_;
  RefusedList refused_;
  Platforms platforms_;
  EventLog log_;
  Clips clips_;
  Supervisor supervisor_;
  Announcer announcer_;
  Probes probes_;
  Api api_;
  http::Server server_;
};

}  // namespace

int run(const Options& options) {
  // Everything this process makes is its user's alone: the database and logs hold what others must not read.
  ::umask(0077);
  log::open("sluiced", options.log_format, log::Level::kInfo);
  const RunDirectory directory(options.data_directory);
  auto base = prepare(options, directory);
  if (!base) return base.error();
  auto store = open_store(options.data_directory);
  if (!store) return store.error();

  log::info("started", {{"version", kBuildId},
                        {"page", "http://" + base->http.text() + "/"},
                        {"rtmp", base->rtmp.text()},
                        {"data_dir", options.data_directory}});
  if (!base->http.is_loopback()) {
    log::warning("the page and the API have no password yet, and other machines can reach them",
                 {{"http_listen", base->http.text()}});
  }
  const auto ready = [&options, rtmp = base->rtmp, http = base->http] {
    if (options.print_addresses) print_addresses(rtmp, http, options.data_directory);
  };
  Service service(options, directory, std::move(*store), std::move(*base));
  service.run(ready);
  log::info("ended");
  return 0;
}

}  // namespace sluice::manager
