// Puts manifest.json, which the host reads, into the module: the language has no word for it.
import { readFileSync } from "node:fs";
import { Transform } from "assemblyscript/transform";

export default class Manifest extends Transform {
  afterCompile(module) {
    const manifest = readFileSync(new URL("manifest.json", import.meta.url));
    module.addCustomSection("ringfence.manifest", manifest);
  }
}
