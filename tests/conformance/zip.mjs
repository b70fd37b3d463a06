// Deployment packages without a library: a ZIP archive of stored (not compressed) files.
import * as zlib from 'node:zlib';

/** The archive of `files`: {name: text or bytes}; every file is executable. */
export function zip(files) {
    const parts = [];
    const directory = [];
    let offset = 0;
    for (const [path, content] of Object.entries(files)) {
        const name = Buffer.from(path);
        const body = Buffer.from(content);
        const common = Buffer.alloc(26);
        common.writeUInt16LE(20, 0); // version needed
        common.writeUInt16LE(0x21, 8); // 1 January 1980
        common.writeUInt32LE(checksum(body), 10);
        common.writeUInt32LE(body.length, 14);
        common.writeUInt32LE(body.length, 18);
        common.writeUInt16LE(name.length, 22);
        parts.push(Buffer.from('PK\x03\x04'), common, name, body);
        const rest = Buffer.alloc(14);
        rest.writeUInt32LE((0o100755 << 16) >>> 0, 6); // a file that its owner may execute
        rest.writeUInt32LE(offset, 10);
        directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, rest, name]));
        offset += 30 + name.length + body.length;
    }
    const index = Buffer.concat(directory);
    const end = Buffer.alloc(18);
    end.writeUInt16LE(directory.length, 4);
    end.writeUInt16LE(directory.length, 6);
    end.writeUInt32LE(index.length, 8);
    end.writeUInt32LE(offset, 12);
    return Buffer.concat([...parts, index, Buffer.from('PK\x05\x06'), end]);
}

/** CRC-32, also where Node.js has none of its own (before 20.15). */
function checksum(bytes) {
    if (zlib.crc32) return zlib.crc32(bytes);
    let crc = ~0;
    for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
}
