const words = require('./words');

exports.handler = async (event) => words.greeting + ' ' + event.name + process.env.MARK;
