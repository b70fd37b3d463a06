#include "main/command_line.h"

int main(int count, char** arguments) { return cumulet::run_command_line(count, arguments); }
