// A bare process for one destination: it is woken by an eventfd, copies what is new out of shared memory, and
// writes it to its socket. What waking a process costs, without anything that a relay does. Runs in
// bench_limit --processes.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "limit/destination.hpp"

namespace sluice::bench {

// Shared memory with the last bytes that were written, by one writer for many processes.
class SharedBytes {
 public:
  SharedBytes();
  void write(ByteView bytes);
  std::uint64_t end() const { return header().end.load(std::memory_order_acquire); }
  void map_all() const;  // in a process that is to read it
  // Appends what is there from `position` on; nobody looks whether it was overwritten.
  void copy_from(std::uint64_t position, Bytes& into) const;

 private:
  struct Header {
    std::atomic<std::uint64_t> end;
  };
  Header& header() const { return *reinterpret_cast<Header*>(memory_); }
  std::uint8_t* data() const { return memory_ + 4096; }

  std::uint8_t* memory_;  // for the life of the program
};

class ReaderProcesses {
 public:
  // One for each destination; they end with this program.
  explicit ReaderProcesses(std::list<Destination>& destinations);
  void write(ByteView bytes) { shared_.write(bytes); }
  void wake() const;

 private:
  [[noreturn]] void serve(Destination& destination, int wake) const;

  SharedBytes shared_;
  std::list<UniqueFd> wakes_;
};

}  // namespace sluice::bench
