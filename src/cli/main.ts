#!/usr/bin/env node
import { outliveReaders } from './pipes.ts';
import { preemptlab } from './program.ts';

outliveReaders();
process.exitCode = await preemptlab(process.argv.slice(2));
