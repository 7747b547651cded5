// The program: everything is in app.
#include "app/command_line.h"

int main(int argc, char* argv[]) {
    return fakemx::app::run(argc, argv);
}
