// How the command line ends. Scripts rely on these numbers.
#pragma once

namespace sluice::cli {

enum ExitCode : int {
  kOk = 0,
  kRefused = 1,      // sluiced said no
  kUsage = 2,        // the command line, or a file it names, is wrong
  kUnreachable = 3,  // no sluiced at the address
};

}  // namespace sluice::cli
