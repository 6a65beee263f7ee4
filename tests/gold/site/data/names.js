bench.names([["read.Suite.peakmem_all","read-Suite-peakmem_all-14938f5f"],["read.time_header","read-time_header-00cd6c99"]]);
